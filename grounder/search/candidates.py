"""Candidate windows of a video at many scales, and which of them to keep."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from grounder.search.track import Bounds, Scores, as_bounds
from grounder.span import Span

SHORTEST = 1.0
"""Seconds; moments people describe hardly ever last less."""
RUN = 8
"""Scenes in a row that may make one window."""
SCALE_STEP = 1.5
ROUNDING = 1e-9
"""Seconds; an end minus its start is not always the length that made it."""
OVERLAP = 4
"""Windows of one scale begin a quarter of their length apart."""


def candidates(scenes: Sequence[Span], within: Span, *, longest: float) -> Bounds:
    """Return windows to rate: scenes, runs of scenes, and sliding windows of growing length.

    All lie in `within`; none is over `longest` seconds, and none under a second unless `within` is.
    """
    edges = _edges(scenes, within)
    found = [_runs(edges), _parts(edges, longest), _sliding(within, longest)]
    bounds = np.concatenate(found)
    lengths = bounds[:, 1] - bounds[:, 0]
    shortest = min(SHORTEST, longest, within.duration)
    return bounds[(lengths >= shortest - ROUNDING) & (lengths <= longest + ROUNDING)]


def keep_apart(bounds: Bounds, scores: Scores, *, count: int, max_iou: float) -> list[int]:
    """Non-maximum suppression: return the rows kept, best first; NaN scores never are.

    A row is dropped when its IoU with a better one that was kept is above `max_iou`.
    """
    touching = Touching(bounds)
    left = np.where(np.isnan(scores), -np.inf, scores)
    kept: list[int] = []
    while len(kept) < min(count, len(left)):
        best = int(np.argmax(left))
        if left[best] == -np.inf:
            break
        kept.append(best)
        near = touching.rows(bounds[best])
        left[near[iou_with(bounds[best], bounds[near]) > max_iou]] = -np.inf
        left[best] = -np.inf
    return kept


class Touching:
    """Finds the windows near a stretch without comparing it with all of them."""

    def __init__(self, bounds: Bounds) -> None:
        self._order = np.argsort(bounds[:, 0], kind="stable")
        self._starts = bounds[self._order, 0]
        self._longest = (bounds[:, 1] - bounds[:, 0]).max(initial=0.0)

    def rows(self, stretch: NDArray[np.float64]) -> NDArray[np.intp]:
        """Return every row that shares time with `stretch`, and some that nearly do."""
        low, high = np.searchsorted(self._starts, [stretch[0] - self._longest, stretch[1]])
        return np.asarray(self._order[low:high])


def iou_with(row: NDArray[np.float64], bounds: Bounds) -> NDArray[np.float64]:
    """Return intersection over union of one (start, end) with each of `bounds`."""
    shared = overlap_with(row, bounds)
    union = (row[1] - row[0]) + (bounds[:, 1] - bounds[:, 0]) - shared
    return np.asarray(shared / union)


def overlap_with(row: NDArray[np.float64], bounds: Bounds) -> NDArray[np.float64]:
    """Return the seconds one (start, end) shares with each of `bounds`."""
    shared = np.minimum(row[1], bounds[:, 1]) - np.maximum(row[0], bounds[:, 0])
    return np.asarray(np.maximum(shared, 0.0))


def _edges(scenes: Sequence[Span], within: Span) -> NDArray[np.float64]:
    inner = as_bounds(scenes)[:, 0]
    inner = inner[(inner > within.start) & (inner < within.end)]
    return np.concatenate([[within.start], np.unique(inner), [within.end]])


def _runs(edges: NDArray[np.float64]) -> Bounds:
    runs = [
        np.stack([edges[:-count], edges[count:]], axis=1)
        for count in range(1, min(RUN, len(edges) - 1) + 1)
    ]
    return np.concatenate(runs)


def _parts(edges: NDArray[np.float64], longest: float) -> Bounds:
    """Return the equal parts of the scenes that are too long to be looked at whole."""
    rows = []
    for start, end in pairwise(edges.tolist()):
        if end - start > longest:
            inner = np.linspace(start, end, int(np.ceil((end - start) / longest)) + 1)
            rows.append(np.stack([inner[:-1], inner[1:]], axis=1))
    return np.concatenate(rows) if rows else np.empty((0, 2))


def _sliding(within: Span, longest: float) -> Bounds:
    rows = []
    length = min(2 * SHORTEST, longest, within.duration)
    while length <= min(longest, within.duration):
        count = int((within.duration - length) / length * OVERLAP) + 1
        starts = within.start + np.arange(count) * length / OVERLAP
        rows.append(np.stack([starts, np.minimum(starts + length, within.end)], axis=1))
        length *= SCALE_STEP
    return np.concatenate(rows)
