"""The encoder of transcript lines: loaded when the first line is stored or the first query asked."""

from collections.abc import Sequence
from functools import cache

import numpy as np

from grounder.encoders.encoder import UnitVectors
from grounder.encoders.minilm import MiniLM


class SentenceEncoder:
    """MiniLM, whose weights wait until they are needed."""

    name = MiniLM.name

    def encode(self, texts: Sequence[str]) -> UnitVectors:
        """Return (n, dim) rows of length 1."""
        return _minilm().encode(texts) if texts else np.empty((0, MiniLM.dim), np.float32)


@cache
def _minilm() -> MiniLM:
    return MiniLM()
