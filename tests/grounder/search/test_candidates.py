import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from grounder.search.candidates import Touching, candidates, iou_with, keep_apart, overlap_with
from grounder.search.track import as_bounds
from grounder.span import Span

seconds = st.floats(0, 500, allow_nan=False, width=32)


@st.composite
def scene_lists(draw: st.DrawFn) -> list[Span]:
    lengths = draw(st.lists(st.floats(0.25, 90, width=32), min_size=1, max_size=20))
    edges = [0.0, *np.cumsum(lengths).tolist()]
    return [Span(a, b) for a, b in itertools.pairwise(edges)]


@st.composite
def windows(draw: st.DrawFn) -> np.ndarray:
    rows = draw(st.lists(st.tuples(seconds, st.floats(0.1, 60)), min_size=1, max_size=40))
    return np.array([(start, start + length) for start, length in rows])


@given(scene_lists(), st.floats(0.5, 120), st.data())
def test_windows_lie_in_the_stretch_and_are_never_too_long(scenes, longest, data):
    end = scenes[-1].end
    start = data.draw(st.floats(0, end * 0.9))
    within = Span(start, data.draw(st.floats(start + 0.05 * end, end)) if start else end)
    bounds = candidates(scenes, within, longest=longest)
    lengths = bounds[:, 1] - bounds[:, 0]
    assert len(bounds) > 0
    assert bounds[:, 0].min() >= within.start
    assert bounds[:, 1].max() <= within.end
    assert lengths.max() <= longest + 1e-9
    assert lengths.min() > 0


def test_scenes_and_runs_of_scenes_are_candidates():
    scenes = [Span(0, 3.1), Span(3.1, 7.7), Span(7.7, 20)]
    rows = {tuple(row) for row in candidates(scenes, Span(0, 20), longest=60).tolist()}
    assert {(0, 3.1), (3.1, 7.7), (7.7, 20), (0, 7.7), (3.1, 20), (0, 20)} <= rows


def test_a_scene_over_the_limit_is_parted_evenly():
    rows = {tuple(row) for row in candidates([Span(0, 90)], Span(0, 90), longest=40).tolist()}
    assert {(0, 30), (30, 60), (60, 90)} <= rows


@given(windows(), st.data(), st.floats(0, 1), st.integers(1, 10))
def test_kept_windows_are_apart_and_each_dropped_one_has_a_better_neighbour(
    bounds, data, max_iou, count
):
    scores = np.array(data.draw(st.lists(seconds, min_size=len(bounds), max_size=len(bounds))))
    kept = keep_apart(bounds, scores, count=count, max_iou=max_iou)
    assert len(kept) <= count
    assert list(scores[kept]) == sorted(scores[kept], reverse=True)
    for place, row in enumerate(kept):
        assert all(iou_with(bounds[row], bounds[kept[:place]]) <= max_iou)
    if len(kept) < count:
        for row in set(range(len(bounds))) - set(kept):
            near = np.array(kept)[iou_with(bounds[row], bounds[kept]) > max_iou]
            assert scores[near].max() >= scores[row]


def test_windows_without_a_score_are_never_kept():
    bounds = np.array([[0.0, 1], [2, 3], [4, 5]])
    assert keep_apart(bounds, np.array([np.nan, 1, np.nan]), count=3, max_iou=0.5) == [1]


@given(windows(), seconds, st.floats(0.1, 50))
def test_touching_misses_no_window_that_shares_time(bounds, start, length):
    stretch = np.array([start, start + length])
    near = set(Touching(bounds).rows(stretch).tolist())
    assert set(np.flatnonzero(overlap_with(stretch, bounds) > 0).tolist()) <= near


def test_iou_agrees_with_span():
    spans = [Span(0, 4), Span(2, 6), Span(10, 12)]
    expected = [spans[0].iou(other) for other in spans]
    assert np.allclose(iou_with(as_bounds(spans)[0], as_bounds(spans)), expected)
