"""SharedEncoder: an encoder that the threads of several videos may use."""

import threading
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grounder.encoders import Encoder
from grounder.encoders.encoder import UnitVectors


class SharedEncoder:
    """Obeys `Encoder`, one call at a time: tokenizers that set their padding in each call are not made for more."""

    def __init__(self, encoder: Encoder) -> None:
        self.name, self.dim, self.image_side = encoder.name, encoder.dim, encoder.image_side
        self._encoder = encoder
        self._lock = threading.Lock()

    @property
    def confidence(self) -> Mapping[str, Any] | None:
        """See `Encoder`."""
        return self._encoder.confidence

    def encode_images(self, images: Sequence[NDArray[np.uint8]] | NDArray[np.uint8]) -> UnitVectors:
        """See `Encoder`."""
        with self._lock:
            return self._encoder.encode_images(images)

    def encode_texts(self, texts: Sequence[str]) -> UnitVectors:
        """See `Encoder`."""
        with self._lock:
            return self._encoder.encode_texts(texts)

    def reach(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See `Encoder`."""
        with self._lock:
            return self._encoder.reach(texts)

    def tags(self, vectors: UnitVectors, *, count: int) -> list[str]:
        """See `Encoder`."""
        with self._lock:
            return self._encoder.tags(vectors, count=count)
