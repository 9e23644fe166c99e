"""What a cut detector owes, whichever library does the work."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from grounder.errors import SpecError
from grounder.video.decoder import Size, VideoFacts


class CutDetector(Protocol):
    """Looks at every frame of a video once, in order, and tells where shots change.

    To resume after a stop: keep `settled` and the cuts before it; feed a new detector from
    `settled - context` on, and take only its cuts at or after `settled`. The result is the same as
    that of one uninterrupted pass.
    """

    name: str
    """The identity cuts are stored under: algorithm and settings."""
    context: float
    """Seconds of frames it must have seen before a point for the cuts from there on to be right."""

    @property
    def settled(self) -> float:
        """Seconds; cuts before this moment are final, later frames change only what comes after."""

    def frame_size(self, facts: VideoFacts) -> Size:
        """Return the size of picture it wants."""

    def feed(self, time: float, image: NDArray[np.uint8]) -> None:
        """Look at one (height, width, 3) RGB picture; times (seconds) must rise."""

    def cuts(self) -> list[float]:
        """Return the first moment of each new shot, as if the video ended with the last frame fed."""


def load_detector(name: str) -> CutDetector:
    """Return a fresh detector: `adaptive` (the default elsewhere), `content`, `gradual` or `transnetv2`.

    Raises:
        SpecError: no detector has this name.
        MissingDependency: `transnetv2` was asked for and its package is not installed.
    """
    if name in ("adaptive", "content"):
        from grounder.scenes.pyscenedetect import PySceneDetector

        return PySceneDetector(name)
    if name == "gradual":
        from grounder.scenes.gradual import GradualDetector

        return GradualDetector()
    if name == "transnetv2":
        from grounder.scenes.transnet import TransNetDetector

        return TransNetDetector()
    raise SpecError(f"Unknown cut detector {name!r}. Use adaptive, content, gradual or transnetv2.")
