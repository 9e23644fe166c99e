"""PySceneDetect's detectors, fed frame by frame from someone else's decoding pass."""

from collections import deque
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from grounder.video.decoder import Size, VideoFacts

if TYPE_CHECKING:
    from scenedetect import FrameTimecode, SceneDetector

SHORT_SIDE = 64
"""Pixels: the cuts found on the development videos are those of 144 pixels, at half the cost."""
LOOK_AHEAD = 2
"""Frames `AdaptiveDetector` waits for on either side of the one it judges (its `window_width`)."""
NOMINAL_RATE = Fraction(25)
"""PySceneDetect wants a rate to count frames by; no time of ours is computed from it."""


class PySceneDetector:
    """`adaptive` or `content` of https://www.scenedetect.com on small pictures (see `CutDetector`)."""

    context = 10.0
    """Three frames are needed; ten seconds hold them in any video above one frame in three seconds."""

    def __init__(self, kind: str) -> None:
        """Make the detector called `adaptive` or `content`."""
        self.name = f"pyscenedetect-{kind}"
        self._detector = _fresh(kind)
        self._recent: deque[float] = deque(maxlen=2 * LOOK_AHEAD + 2)
        self._count = 0
        self._cuts: list[float] = []

    @property
    def settled(self) -> float:
        """Seconds; every cut before this moment has been found."""
        return self._recent[-LOOK_AHEAD] if self._count >= LOOK_AHEAD else 0.0

    def frame_size(self, facts: VideoFacts) -> Size:
        """Return a picture 64 pixels high (or wide), which is enough to see a cut."""
        return facts.size.with_short_side(SHORT_SIDE)

    def feed(self, time: float, image: NDArray[np.uint8]) -> None:
        """Look at one RGB picture (see `CutDetector.feed`)."""
        # Frames are counted, not clocked: our own times stay exact at any frame rate.
        position = _position(self._count)
        self._recent.append(time)
        self._count += 1
        for cut in self._detector.process_frame(position, _bgr(image)):
            self._cuts.append(self._recent[cut.frame_num - self._count])

    def cuts(self) -> list[float]:
        """Return the first moment of each new shot."""
        return list(self._cuts)


def _fresh(kind: str) -> "SceneDetector":
    from scenedetect import AdaptiveDetector, ContentDetector

    detectors = {"adaptive": AdaptiveDetector, "content": ContentDetector}
    # How short a scene may be is judged in `scenes_from_cuts`, so every cut is wanted here.
    return detectors[kind](min_scene_len=0)


def _position(count: int) -> "FrameTimecode":
    from scenedetect import FrameTimecode

    return FrameTimecode(count, NOMINAL_RATE)


def _bgr(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import cv2

    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2BGR), np.uint8)
