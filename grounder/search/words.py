"""Words of text, and how much of a query's words a line holds (BM25 with English behind it)."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from grounder.search.rarity import rarity

ENGLISH_LINES = 10
"""Lines without the word that are added to a video's own: in one line alone nothing is common."""
WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")


class WordIndex:
    """BM25 over short texts with k1 = 0: in one line, how often a word comes says nothing.

    (Robertson and Zaragoza 2009, section 3: without term frequencies BM25 is a sum of word weights.)
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._size = len(texts)
        self._rows: dict[str, list[int]] = {}
        for row, text in enumerate(texts):
            for word in set(words(text)):
                self._rows.setdefault(word, []).append(row)

    def coverage(self, query: str) -> NDArray[np.float64]:
        """Return, for each text, the weight of the query's words it holds, as a part of all, in [0, 1].

        A word that is rare in English and in these texts weighs more; what no text holds weighs most.
        """
        held = np.zeros(self._size)
        highest = 0.0
        for word in set(words(query)):
            rows = self._rows.get(word, [])
            weight = rarity(word) * self._rare_here(len(rows))
            highest += weight
            held[rows] += weight
        return np.asarray(np.minimum(held / highest, 1.0)) if highest > 0 else held

    def _rare_here(self, count: int) -> float:
        """Return 1 for a word in no text, and less the more texts hold it."""
        every = self._size + ENGLISH_LINES + 1
        return float(np.log(every / (count + 0.5)) / np.log(every / 0.5))


def words(text: str) -> list[str]:
    """Return the words of a text, in lower case and without a plural or possessive s."""
    return [_stem(word) for word in WORD.findall(text.casefold())]


def _stem(word: str) -> str:
    word = word.removesuffix("'s")
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
