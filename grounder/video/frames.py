"""Frames: pictures that never travel without their times."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """Pictures and the moments they are shown at."""

    images: NDArray[np.uint8]
    """(n, height, width, 3) RGB, turned the way the video is displayed."""
    times: NDArray[np.float64]
    """(n,) seconds of the whole video (true PTS minus container start), never decreasing."""

    def __post_init__(self) -> None:
        if self.images.ndim != 4 or self.images.shape[3] != 3 or self.images.dtype != np.uint8:
            raise ValueError(f"images must be (n, h, w, 3) uint8, got {self.images.shape}.")
        if self.times.shape != (len(self.images),):
            raise ValueError(
                f"{len(self.images)} images need as many times, got {self.times.shape}."
            )
        if np.any(np.diff(self.times) < 0):
            raise ValueError("Frame times must never decrease.")

    def __len__(self) -> int:
        return len(self.images)

    def __iter__(self) -> Iterator[tuple[NDArray[np.uint8], float]]:
        return zip(self.images, self.times.tolist(), strict=True)
