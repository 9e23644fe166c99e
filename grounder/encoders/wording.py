"""Wording: which words of a vocabulary to show for a stretch of video, so that few of them are nonsense."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from grounder.encoders.encoder import UnitVectors

ALIKE = 0.5
"""Cosine of two words above which only the surer one is shown: nine breeds of terrier say no more than one."""


def surest_words(
    words: Sequence[str],
    vectors: UnitVectors,
    sureness: NDArray[np.float32],
    *,
    floor: float,
    count: int,
) -> list[str]:
    """Return at most `count` words that reach `floor`, the surest first, each unlike the others.

    Args:
        words: The vocabulary.
        vectors: (n, dim) of the words.
        sureness: (n,) how well each fits.
        floor: Words below it are left out.
        count: The most words.
    """
    kept: list[int] = []
    for row in np.argsort(-sureness, kind="stable").tolist():
        if len(kept) == count or not sureness[row] >= floor:
            break
        if all(vectors[row] @ vectors[other] < ALIKE for other in kept):
            kept.append(row)
    return [words[row] for row in kept]
