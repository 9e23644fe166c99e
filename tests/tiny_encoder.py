"""An encoder without a model: pictures become their colours, texts the colour they name."""

import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import ImageColor

from grounder.encoders.encoder import UnitVectors

CELLS = 4


class TinyEncoder:
    """Obeys `Encoder`: the mean colours of a grid of cells, thrown into `dim` dimensions."""

    image_side = 32
    confidence = None

    def __init__(self, *, name: str = "tiny:colours", dim: int = 16, pause: float = 0.0) -> None:
        self.name = name
        self.dim = dim
        self.pause = pause
        self.pictures = 0
        self._matrix = np.random.default_rng(7).normal(size=(CELLS * CELLS * 3, dim))

    def encode_images(self, images: Sequence[NDArray[np.uint8]] | NDArray[np.uint8]) -> UnitVectors:
        self.pictures += len(images)
        time.sleep(self.pause)
        return self._project(np.stack([_cells(image) for image in images]))

    def encode_texts(self, texts: Sequence[str]) -> UnitVectors:
        colours = np.array([ImageColor.getrgb(text)[:3] for text in texts], np.float64)
        return self._project(np.tile(colours, (1, CELLS * CELLS)) - 127.5)

    def reach(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.ones(len(texts), np.float32)

    def tags(self, vectors: UnitVectors, *, count: int) -> list[str]:
        return []

    def _project(self, features: NDArray[np.float64]) -> UnitVectors:
        vectors = (features + 0.5) @ self._matrix
        unit: UnitVectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype("f4")
        return unit


def _cells(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    rows = np.array_split(image.astype(np.float64) - 127.5, CELLS)
    return np.array(
        [part.mean((0, 1)) for row in rows for part in np.array_split(row, CELLS, axis=1)]
    ).ravel()
