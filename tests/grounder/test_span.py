import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grounder.span import Span, iou_of_sets, merge, overlap_of_sets, suppress, total_duration

moments = st.floats(min_value=0, max_value=1e5, allow_nan=False).map(lambda t: round(t, 3))
spans = (
    st.tuples(moments, moments)
    .filter(lambda pair: pair[0] != pair[1])
    .map(lambda p: Span(*sorted(p)))
)


@pytest.mark.parametrize(
    ("start", "end"), [(1.0, 1.0), (2.0, 1.0), (math.nan, 1.0), (0.0, math.inf)]
)
def test_span_refuses_what_is_no_stretch(start: float, end: float) -> None:
    with pytest.raises(ValueError, match="Span"):
        Span(start, end)


@pytest.mark.parametrize(
    ("left", "right", "iou"),
    [
        (Span(0, 10), Span(0, 10), 1.0),
        (Span(0, 10), Span(5, 15), 1 / 3),
        (Span(0, 10), Span(10, 20), 0.0),
        (Span(0, 10), Span(2, 4), 0.2),
    ],
)
def test_iou_equals_hand_computed_cases(left: Span, right: Span, iou: float) -> None:
    assert left.iou(right) == pytest.approx(iou)


@given(spans, spans)
def test_iou_is_symmetric_and_bounded(left: Span, right: Span) -> None:
    assert left.iou(right) == right.iou(left)
    assert 0 <= left.iou(right) <= 1
    assert left.iou(left) == 1


@given(spans, spans)
def test_clip_stays_inside_both_and_has_the_overlap_for_length(left: Span, right: Span) -> None:
    clipped = left.clip(right)
    if clipped is None:
        assert left.overlap(right) == 0
    else:
        assert clipped.duration == left.overlap(right)
        assert clipped.clip(left) == clipped == clipped.clip(right)


@pytest.mark.parametrize(
    ("span", "seconds", "grown"),
    [
        (Span(40, 50), 30, Span(30, 60)),
        (Span(5, 10), 30, Span(0, 30)),
        (Span(85, 98), 30, Span(70, 100)),
        (Span(0, 100), 30, Span(0, 100)),
        (Span(20, 60), 30, Span(20, 60)),
        (Span(20, 60), 300, Span(0, 100)),
    ],
)
def test_a_span_that_grows_is_moved_inwards_at_an_edge(
    span: Span, seconds: float, grown: Span
) -> None:
    assert span.grow_to(seconds, within=Span(0, 100)) == grown


@given(spans, st.floats(min_value=0, max_value=2e5))
def test_growing_keeps_the_span_stays_inside_and_reaches_its_length(
    span: Span, seconds: float
) -> None:
    video = Span(0, 1e5 + 1)
    grown = span.grow_to(seconds, within=video)
    assert grown.overlap(span) == span.duration
    assert grown.clip(video) == grown
    assert grown.duration == pytest.approx(max(span.duration, min(seconds, video.duration)))


def test_growing_a_span_outside_is_an_error() -> None:
    with pytest.raises(ValueError, match="lies outside"):
        Span(20, 30).grow_to(12, within=Span(0, 10))


def test_span_holds_its_start_but_not_its_end() -> None:
    span = Span(1, 2)
    assert span.contains(1)
    assert not span.contains(2)
    assert span.shift(3) == Span(4, 5)
    assert span.centre == 1.5


@given(st.lists(spans), st.floats(min_value=0, max_value=10))
def test_merge_leaves_gaps_wider_than_asked_and_loses_nothing(
    given_spans: list[Span], gap: float
) -> None:
    merged = merge(given_spans, gap=gap)
    assert all(after.start - before.end > gap for before, after in pairwise(merged))
    for span in given_spans:
        assert any(whole.overlap(span) == span.duration for whole in merged)
    assert merge(merged, gap=gap) == merged


def test_total_duration_counts_overlaps_once() -> None:
    assert total_duration([Span(0, 10), Span(5, 15), Span(20, 21)]) == 16


@given(st.lists(spans, max_size=6), st.lists(spans, max_size=6))
def test_iou_of_sets_is_symmetric_and_bounded(left: list[Span], right: list[Span]) -> None:
    value = iou_of_sets(left, right)
    assert 0 <= value <= 1 + 1e-9
    assert value == pytest.approx(iou_of_sets(right, left))
    assert overlap_of_sets(left, left) == pytest.approx(total_duration(left))


def test_iou_of_two_empty_sets_is_zero() -> None:
    assert iou_of_sets([], []) == 0


@given(st.lists(spans, max_size=12), st.floats(min_value=0, max_value=1))
def test_suppress_keeps_the_first_and_no_two_alike(ranked: list[Span], limit: float) -> None:
    kept = suppress(ranked, max_iou=limit)
    assert kept[:1] == [0][: len(ranked)]
    assert kept == sorted(kept)
    for i in kept:
        assert all(ranked[i].iou(ranked[j]) <= limit for j in kept if j < i)
    for i in set(range(len(ranked))) - set(kept):
        assert any(ranked[i].iou(ranked[j]) > limit for j in kept if j < i)


@given(left=spans, right=spans)
def test_hull_is_the_shortest_span_that_holds_both(left: Span, right: Span) -> None:
    hull = left.hull(right)
    assert left.clip(hull) == left
    assert right.clip(hull) == right
    assert {hull.start, hull.end} <= {left.start, left.end, right.start, right.end}
