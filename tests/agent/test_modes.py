from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.modes import FLOOR, MIN_LENGTH, MODES, Mode, frame_times, padded, split_budget
from grounder.span import Span, merge

VIDEO = Span(0.0, 100.0)


@st.composite
def spans_in_video(draw: st.DrawFn) -> list[Span]:
    edges = st.floats(0, 100, allow_nan=False)
    pairs = draw(st.lists(st.tuples(edges, edges), max_size=5))
    return [Span(a, b) for a, b in pairs if b - a > 0.01]


modes = st.sampled_from(MODES)


@given(modes, spans_in_video(), st.integers(0, 60), st.integers(0, 3))
def test_no_mode_ever_shows_more_than_the_budget_or_looks_outside_the_video(
    mode: Mode, spans: list[Span], budget: int, seed: int
) -> None:
    times = frame_times(mode, spans, VIDEO, budget=budget, seed=seed)
    assert len(times) <= budget
    assert times == sorted(times)
    assert all(VIDEO.contains(time) for time in times)


@given(spans_in_video(), st.integers(1, 60))
def test_grounded_frames_lie_in_the_padded_spans_and_use_the_whole_budget(
    spans: list[Span], budget: int
) -> None:
    times = frame_times("grounded", spans, VIDEO, budget=budget)
    allowed = [padded(span, VIDEO) for span in spans]
    assert all(any(span.contains(time) for span in allowed) for time in times)
    assert len(times) == (budget if spans else 0)


@given(spans_in_video(), st.integers(1, 60))
def test_a_given_span_is_treated_exactly_like_a_grounded_one(
    spans: list[Span], budget: int
) -> None:
    assert frame_times("given-span", spans, VIDEO, budget=budget) == frame_times(
        "grounded", spans, VIDEO, budget=budget
    )


@given(modes, spans_in_video(), st.integers(1, 60), st.floats(0.1, 5))
def test_frames_of_one_stretch_stand_as_far_apart_as_asked(
    mode: Mode, spans: list[Span], budget: int, spacing: float
) -> None:
    times = frame_times(mode, spans[:1], VIDEO, budget=budget, spacing=spacing)
    free = frame_times(mode, spans[:1], VIDEO, budget=budget)
    assert bool(times) == bool(free)
    if mode != "grounded+context":  # its frames of the whole video fall between the others
        assert all(b - a >= spacing - 1e-6 for a, b in pairwise(times))


def test_a_short_moment_takes_less_than_the_budget_when_frames_stand_apart() -> None:
    moment = [Span(10.0, 14.0)]  # shown from 9.6 to 14.4
    times = frame_times("grounded", moment, VIDEO, budget=8, spacing=1.0)
    assert times == pytest.approx([10.2, 11.4, 12.6, 13.8])
    assert len(frame_times("uniform", [], VIDEO, budget=8, spacing=1.0)) == 8


@given(st.lists(st.floats(0.01, 1000), min_size=1, max_size=20), st.data())
def test_shares_add_up_and_keep_the_floor(lengths: list[float], data: st.DataObject) -> None:
    budget = data.draw(st.integers(len(lengths), 200))
    counts = split_budget(lengths, budget)
    assert sum(counts) == budget
    assert min(counts) >= min(FLOOR, budget // len(lengths))


def test_a_longer_span_gets_more_frames_in_proportion() -> None:
    assert split_budget([30.0, 10.0], 32) == [FLOOR + 21, FLOOR + 7]


def test_uniform_takes_the_centres_of_equal_parts() -> None:
    assert frame_times("uniform", [], VIDEO, budget=4) == [12.5, 37.5, 62.5, 87.5]


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode != "uniform"])
def test_without_spans_only_uniform_shows_anything(mode: Mode) -> None:
    assert frame_times(mode, [], VIDEO, budget=8) == []


def test_context_mode_spends_a_quarter_of_the_frames_on_the_whole_video() -> None:
    span = Span(40.0, 50.0)
    times = frame_times("grounded+context", [span], VIDEO, budget=16)
    inside = [time for time in times if padded(span, VIDEO).contains(time)]
    assert len(times) == 16
    assert len(inside) == 12
    assert min(times) < 20
    assert max(times) > 80


def test_random_spans_keep_their_length_and_follow_the_seed() -> None:
    span = Span(10.0, 20.0)
    first, again, other = (
        frame_times("random-span", [span], VIDEO, budget=8, seed=seed) for seed in (1, 1, 2)
    )
    assert first == again != other
    assert first[-1] - first[0] == pytest.approx(12 * 7 / 8, abs=2)


def test_a_short_span_grows_to_the_shortest_length_and_a_long_one_by_a_tenth() -> None:
    assert padded(Span(50.0, 50.5), VIDEO).duration == pytest.approx(MIN_LENGTH)
    assert padded(Span(20.0, 40.0), VIDEO) == Span(18.0, 42.0)
    assert padded(Span(0.0, 40.0), VIDEO).start == 0.0


def test_more_spans_than_frames_shows_the_best_ones() -> None:
    spans = [Span(80.0, 82.0), Span(20.0, 22.0), Span(50.0, 52.0)]
    times = frame_times("grounded", spans, VIDEO, budget=2)
    shown = merge(padded(span, VIDEO) for span in spans[:2])
    assert len(times) == 2
    assert all(any(span.contains(time) for time in times) for span in shown)
