"""Recall: remembers the vectors of recent texts, because a search asks for the same words again and again."""

from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np

from grounder.encoders.encoder import UnitVectors


class Recall:
    """Calls `encode` only for texts not seen lately; keeps the most recently used ones."""

    def __init__(
        self, encode: Callable[[Sequence[str]], UnitVectors], *, capacity: int = 4096
    ) -> None:
        self._encode = encode
        self._capacity = capacity
        self._vectors: OrderedDict[str, UnitVectors] = OrderedDict()

    def __call__(self, texts: Sequence[str]) -> UnitVectors:
        """Return one row per text, in order; (0, 0) for no texts."""
        if not texts:
            return np.empty((0, 0), np.float32)
        fresh = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        found = dict(zip(fresh, self._encode(fresh), strict=True)) if fresh else {}
        rows = [found[text] if text in found else self._vectors[text] for text in texts]
        for text, row in zip(texts, rows, strict=True):
            self._vectors[text] = row.copy() if text in found else row
            self._vectors.move_to_end(text)
        while len(self._vectors) > self._capacity:
            self._vectors.popitem(last=False)
        return np.stack(rows)
