"""Which words are shown for a stretch of video."""

import numpy as np
import pytest

from grounder.encoders.wording import surest_words

WORDS = ("terrier", "spaniel", "train", "cloud")
VECTORS = np.array([[1, 0, 0], [0.8, 0.6, 0], [0, 1, 0], [0, 0, 1]], np.float32)


@pytest.mark.parametrize(
    ("sureness", "count", "expected"),
    [
        ([0.9, 0.8, 0.7, 0.1], 3, ["terrier", "train"]),
        ([0.9, 0.8, 0.7, 0.6], 2, ["terrier", "train"]),
        ([0.2, 0.8, 0.7, 0.6], 3, ["spaniel", "cloud"]),
        ([0.4, 0.4, 0.4, 0.4], 3, []),
        ([np.nan] * 4, 3, []),
        ([0.9, 0.9, 0.9, 0.9], 0, []),
    ],
)
def test_sure_and_unlike_words_are_shown(
    sureness: list[float], count: int, expected: list[str]
) -> None:
    found = surest_words(WORDS, VECTORS, np.array(sureness, np.float32), floor=0.5, count=count)
    assert found == expected
