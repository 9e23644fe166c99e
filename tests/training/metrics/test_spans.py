import random
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grounder.span import Span
from training.metrics import (
    SpanScore,
    WindowRecall,
    bootstrap,
    centre_prior,
    random_span,
    random_windows,
    score_span,
    score_windows,
    total,
    whole_video,
)

spans = st.builds(
    lambda start, length: Span(start, start + length),
    st.floats(0, 1000),
    st.floats(0.01, 1000),
)


def test_one_query_is_scored_as_computed_by_hand() -> None:
    score = score_span(Span(0, 10), [Span(5, 10), Span(50, 60)])
    assert score == SpanScore(1, 0, 0.5, (1, 1, 0))


def test_the_truth_span_that_fits_best_counts() -> None:
    truth = [Span(0, 2), Span(8, 20), Span(100, 200)]
    assert score_span(Span(10, 20), truth).mean_iou == pytest.approx(10 / 12)


@pytest.mark.parametrize(("passing", "passes"), [(">=", 1), (">", 0)])
def test_an_iou_equal_to_the_threshold_passes_as_the_rule_says(passing: str, passes: int) -> None:
    rule = partial(score_span, thresholds=(0.5,), passing=passing)
    assert rule(Span(0, 10), [Span(5, 10)]).passed == (passes,)
    assert rule(Span(0, 10), [Span(4.9, 10)]).passed == (1,)


def test_a_missing_prediction_stays_in_the_denominator_as_zero() -> None:
    both = total([score_span(Span(0, 4), [Span(0, 4)]), score_span(None, [Span(0, 4)])])
    assert both == SpanScore(2, 1, 1.0, (1, 1, 1))
    assert (both.mean_iou, both.recall(0.7), both.missing_rate) == (0.5, 0.5, 0.5)


def test_scores_of_different_rules_do_not_add() -> None:
    with pytest.raises(ValueError, match="different rules"):
        score_span(None, [Span(0, 1)]) + score_span(None, [Span(0, 1)], passing=">")


@given(st.lists(st.tuples(st.none() | spans, spans), min_size=2), st.data())
def test_shards_add_up_to_the_whole(
    rows: list[tuple[Span | None, Span]], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(1, len(rows) - 1))
    scores = [score_span(predicted, [truth]) for predicted, truth in rows]
    whole, parts = total(scores), total([total(scores[:cut]), total(scores[cut:])])
    assert parts.passed == whole.passed
    assert parts.mean_iou == pytest.approx(whole.mean_iou)
    assert 0 <= whole.recall(0.7) <= whole.recall(0.5) <= whole.recall(0.3) <= 1


def test_windows_find_a_moment_that_they_cover_by_half_between_them() -> None:
    truth = [Span(10, 20), Span(90, 91)]
    windows = [Span(17, 40), Span(50, 60), Span(8, 12)]
    assert [score_windows(windows, truth, k).found for k in (1, 2, 3)] == [0, 0, 1]


def test_overlapping_windows_do_not_count_their_cover_twice() -> None:
    assert score_windows([Span(10, 13), Span(10, 13)], [Span(10, 20)], 2).found == 0


def test_no_window_finds_nothing() -> None:
    assert score_windows([], [Span(0, 1)], 5) == WindowRecall(1, 0)


def test_the_bootstrap_draws_videos_and_not_queries() -> None:
    # Ten videos of a hundred queries each, all right or all wrong: only ten things can vary.
    videos = [WindowRecall(100, 100 * (number % 2)) for number in range(10)]
    low, high = bootstrap(videos, lambda score: score.rate)
    assert low == pytest.approx(0.2, abs=0.1)
    assert high == pytest.approx(0.8, abs=0.1)
    assert bootstrap([WindowRecall(3, 1)] * 5, lambda score: score.rate) == (1 / 3, 1 / 3)


def test_the_bootstrap_covers_the_truth_as_often_as_it_promises() -> None:
    dice, covered, trials = random.Random(0), 0, 100
    for trial in range(trials):
        videos = [WindowRecall(1, int(dice.random() < 0.4)) for _ in range(40)]
        low, high = bootstrap(videos, lambda score: score.rate, draws=300, seed=trial)
        covered += low <= 0.4 <= high
    assert 0.86 * trials <= covered <= trials


@given(st.floats(0.1, 1e5), st.integers())
def test_every_baseline_lies_inside_the_video(duration: float, seed: int) -> None:
    dice, film = random.Random(seed), Span(0, duration)
    windows = random_windows([Span(0, duration / 3), Span(duration / 2, duration)], duration, dice)
    for span in [whole_video(duration), centre_prior(duration), random_span(duration, dice)]:
        assert span.clip(film) == span
    assert [w.duration for w in windows] == pytest.approx([duration / 3, duration / 2])
    assert all(w.start >= 0 and w.end <= duration * (1 + 1e-9) for w in windows)


def test_random_spans_fit_the_middle_half_as_calculus_says() -> None:
    # E[IoU] of two ordered uniforms with (1/4, 3/4), by numeric integration of the definition.
    steps = [(i + 0.5) / 400 for i in range(400)]
    pairs = [(a, b) for a in steps for b in steps if a < b]
    expected = sum(Span(a, b).iou(Span(0.25, 0.75)) for a, b in pairs) / len(pairs)
    dice = random.Random(7)
    drawn = total(score_span(random_span(1.0, dice), [Span(0.25, 0.75)]) for _ in range(20_000))
    assert drawn.mean_iou == pytest.approx(expected, abs=0.01)
