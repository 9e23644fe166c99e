"""Which stretches look alike, over any number of them: FAISS in blocks, never a quadratic matrix."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from grounder.encoders.encoder import UnitVectors

BLOCK = 1024
"""Queries searched at once: what FAISS holds meanwhile grows with it, not with the number of vectors."""
_NEIGHBOURS = 4
"""Of these nearest, one is itself and two may be beside it: the nearest other one is among them."""


def nearest_apart(vectors: UnitVectors) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return each vector's highest cosine to one that is neither itself nor beside it, and which.

    Args:
        vectors: (n, dim) in the order of time.

    Returns:
        (n,) cosines, -1 where there is none, and (n,) positions, -1 likewise.
    """
    count = len(vectors)
    best, which = np.full(count, -1.0, np.float32), np.full(count, -1, np.int64)
    if count == 0:
        return best, which
    import faiss

    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    for first in range(0, count, BLOCK):
        scores, found = index.search(vectors[first : first + BLOCK], min(_NEIGHBOURS, count))
        own = np.arange(first, first + len(found))[:, None]
        scores = np.where((np.abs(found - own) > 1) & (found >= 0), scores, -1.0)
        top = scores.argmax(axis=1)
        rows = np.arange(len(found))
        best[first : first + len(found)] = scores[rows, top]
        which[first : first + len(found)] = np.where(scores[rows, top] > -1, found[rows, top], -1)
    return best, which


def alike(
    vectors: UnitVectors, least: float
) -> Iterator[tuple[int, NDArray[np.int64], NDArray[np.float32]]]:
    """Yield, for each vector, the positions of the others with a cosine above `least`, and the cosines.

    Memory grows with the number of pairs found, not with the square of the vectors.
    """
    import faiss

    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    for first in range(0, len(vectors), BLOCK):
        limits, scores, found = index.range_search(vectors[first : first + BLOCK], least)
        for row in range(len(limits) - 1):
            part = slice(int(limits[row]), int(limits[row + 1]))
            others = found[part] != first + row
            order = np.argsort(found[part][others])
            yield first + row, found[part][others][order], scores[part][others][order]
