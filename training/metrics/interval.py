"""Means of columns and their 95 % intervals; videos are drawn anew, since queries of one video go together."""

from collections.abc import Sequence

import numpy as np

from training.metrics.case import Floats

LEVEL = 0.95
DRAWS = 1000
CHUNK = 100
"""Draws at a time: bounds the memory for thousands of videos."""


def mean(column: Floats) -> float | None:
    """Return the mean over the cases that count; None when none does."""
    there = ~np.isnan(column)
    return float(column[there].mean()) if there.any() else None


def intervals(columns: Sequence[Floats], videos: Sequence[str]) -> list[tuple[float, float] | None]:
    """Return the percentile interval of each column's mean; None where nothing counts.

    Args:
        columns: a number per case, NaN where it does not count.
        videos: the video of each case.
    """
    if not columns or not videos:
        return [None] * len(columns)
    return [bounds(column) for column in drawn_means(columns, videos).T]


def drawn_means(columns: Sequence[Floats], videos: Sequence[str]) -> Floats:
    """Return each column's mean in each of `DRAWS` draws of the videos, (draws, columns); NaN where nothing counts.

    The same draws for every column, and for every call with the same videos: means of two systems are paired.

    Args:
        columns: at least one; a number per case, NaN where it does not count.
        videos: the video of each case; at least one.
    """
    _, groups = np.unique(np.asarray(videos), return_inverse=True)
    stacked = np.stack(columns, axis=1)
    there = ~np.isnan(stacked)
    size = int(groups.max()) + 1
    sums, counts = np.zeros((size, len(columns))), np.zeros((size, len(columns)))
    np.add.at(sums, groups, np.where(there, stacked, 0.0))
    np.add.at(counts, groups, there)
    dice = np.random.default_rng(0)
    means = []
    for _ in range(0, DRAWS, CHUNK):
        # How often each video is drawn, all videos equally likely.
        weights = dice.multinomial(size, np.full(size, 1 / size), size=CHUNK).astype(float)
        drawn = weights @ counts
        means.append(
            np.divide(weights @ sums, drawn, out=np.full_like(drawn, np.nan), where=drawn > 0)
        )
    return np.concatenate(means)


def bounds(means: Floats) -> tuple[float, float] | None:
    """Return the percentile interval of drawn means; None where nothing counts."""
    drawn = means[~np.isnan(means)]
    if len(drawn) == 0:
        return None
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return float(low), float(high)
