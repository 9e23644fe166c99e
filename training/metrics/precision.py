"""Average precision of scored windows, as moment_detr's standalone_eval defines it for QVHighlights.

Windows in order of score; each takes the truth window that fits it best among those not yet taken; AP is
the area under the interpolated precision-recall curve, per query, then the mean over queries.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from training.metrics.case import NOTHING, Case, Floats

MOST_WINDOWS = 10
"""Only so many windows of a query count, in the order of the file, before they are sorted by score."""
Pair = tuple[float, float]


def average_precisions(
    cases: list[Case], truth: Sequence[Sequence[Pair]], thresholds: Sequence[float]
) -> Floats:
    """Return AP per case and threshold; a case without windows or without truth has 0.

    Args:
        cases: what was predicted.
        truth: the windows to find, for each case: perhaps only those of some length.
        thresholds: IoU at which a window counts as found (`>=`).
    """
    predicted, there = _padded([_ranked(case) for case in cases])
    wanted, known = _padded(truth)
    overlaps = _ious(predicted, wanted)
    overlaps[~(there[:, :, None] & known[:, None, :])] = -1.0
    levels = np.asarray(thresholds)[None, :, None]
    free = np.repeat(known[:, None, :], len(thresholds), axis=1)
    hits = np.zeros((len(cases), len(thresholds), predicted.shape[1]))
    for rank in range(predicted.shape[1]):
        fits = np.where(free, overlaps[:, rank, None, :], -1.0)
        # Among equals the last one is taken, as reversing an ascending sort does.
        taken = fits.shape[2] - 1 - fits[:, :, ::-1].argmax(axis=2)[:, :, None]
        hit = np.take_along_axis(fits, taken, axis=2) >= levels
        np.put_along_axis(free, taken, np.take_along_axis(free, taken, axis=2) & ~hit, axis=2)
        hits[:, :, rank] = hit[:, :, 0]
    return _area(hits, there, known.sum(axis=1))


def _area(hits: Floats, there: NDArray[np.bool_], wanted: NDArray[np.int64]) -> Floats:
    ranks = np.maximum(there.cumsum(axis=1), 1)[:, None, :]
    precision = hits.cumsum(axis=2) / ranks * there[:, None, :]
    best_from_here = np.maximum.accumulate(precision[:, :, ::-1], axis=2)[:, :, ::-1]
    area: Floats = (hits * best_from_here).sum(axis=2) / np.maximum(wanted, 1)[:, None]
    return area


def _ranked(case: Case) -> list[Pair]:
    windows = (case.predicted or NOTHING).windows[:MOST_WINDOWS]
    return [
        (0.0, 0.0) if math.isnan(start + end) else (start, end)
        for start, end, _ in sorted(windows, key=lambda window: -window[2])
    ]


def _padded(lists: Sequence[Sequence[Pair]]) -> tuple[Floats, NDArray[np.bool_]]:
    longest = max(1, *map(len, lists)) if lists else 1
    values = np.zeros((len(lists), longest, 2))
    there = np.zeros((len(lists), longest), dtype=bool)
    for row, pairs in enumerate(lists):
        if pairs:
            values[row, : len(pairs)] = pairs
            there[row, : len(pairs)] = True
    return values, there


def _ious(left: Floats, right: Floats) -> Floats:
    a, b = left[:, :, None, :], right[:, None, :, :]
    shared = np.clip(np.minimum(a[..., 1], b[..., 1]) - np.maximum(a[..., 0], b[..., 0]), 0, None)
    union = (a[..., 1] - a[..., 0]) + (b[..., 1] - b[..., 0]) - shared
    ious: Floats = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return ious
