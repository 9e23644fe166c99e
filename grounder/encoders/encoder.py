"""What an encoder owes: pictures and words in one space of unit vectors."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

UnitVectors = NDArray[np.float32]
"""(n, dim) rows of length 1."""


class Encoder(Protocol):
    """Turns images and text into comparable unit vectors."""

    name: str
    """The identity an index is stored under: model, weights and precision. Same name = same vectors."""
    dim: int
    image_side: int
    """Pictures are best handed over with their short side this many pixels long."""

    @property
    def confidence(self) -> Mapping[str, Any] | None:
        """Its own row of `search/confidence.toml`, if its weights bring one; None takes its family's."""

    def encode_images(self, images: Sequence[NDArray[np.uint8]] | NDArray[np.uint8]) -> UnitVectors:
        """Encode (h, w, 3) RGB pictures as displayed, any size."""

    def encode_texts(self, texts: Sequence[str]) -> UnitVectors:
        """Encode sentences, each as a query would be written."""

    def reach(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the highest cosine any picture can be expected to have with each text, (n,), in (0, 1].

        An encoder that sees through a fixed vocabulary reaches a text only as far as its words do.
        """

    def tags(self, vectors: UnitVectors, *, count: int) -> list[str]:
        """Return at most `count` plain words for what pictures show, the surest first.

        Guesses for people to judge. Words that no more than happen to be nearest are left out, so
        the list may be empty.

        Args:
            vectors: (n, dim) of `encode_images`, of one stretch of video.
            count: The most words.
        """
