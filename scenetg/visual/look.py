"""Look: all that the one decoding pass saw of a video."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from grounder.encoders.encoder import UnitVectors
from grounder.span import Span


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What the stages know of a video without decoding it again."""

    video_id: str
    path: Path
    duration: float
    """Seconds that can be used."""
    cuts: tuple[float, ...]
    """The first moment of each new shot, rising, in seconds."""
    times: NDArray[np.float64]
    """(n,) seconds of each embedded picture, rising."""
    vectors: UnitVectors
    """(n, dim), one for each time."""
    scenes: tuple[Span, ...]
    """Every scene, whether a candidate or not; they touch and cover the video."""
    scene_vectors: UnitVectors
    """(scenes, dim): the unit mean of each scene's pictures."""

    def rows(self, span: Span) -> slice:
        """Return which pictures lie in [start, end)."""
        first, last = np.searchsorted(self.times, (span.start, span.end))
        return slice(int(first), int(last))
