"""Dissolves and fades: stretches in which every picture is a mixture of the one before and the one after."""

from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from grounder.scenes.pyscenedetect import PySceneDetector
from grounder.span import Span
from grounder.video.decoder import Size, VideoFacts

WINDOW = 1.0
"""Seconds judged at once; a longer dissolve is a run of windows that all fit."""
LEAST_INNER = 4
"""Pictures between the two ends of a window; fewer cannot tell a mixture from a movement."""
LEAST_CHANGE = 20.0
"""Mean difference (of 255) between the two ends: the weakest dissolve of the rendered worlds has 26."""
MOST_ASTRAY = 0.2
"""Of that difference, what a picture between may show that neither end does; a pan or a movement shows more.

At 0.2 all that is found in two trailers is a fade or a dissolve; at 0.3 camera movements are, too."""
MOST_UNEVEN = 0.15
"""How far the share of the later picture may be from growing evenly, in [0, 1]; a cut is off by 0.5."""
MOSAIC = (16, 9)

Mosaic = NDArray[np.float32]
"""(height, width, 3) in [0, 255]."""


class GradualDetector:
    """Cuts as `adaptive` finds them, and dissolves, cut in their middle (see `CutDetector`).

    The model of a dissolve is the textbook one, B*a + A*(1-a) with `a` growing evenly (Lienhart 2001,
    "Reliable transition detection in videos"); a fade is one from or to a plain picture.
    """

    name = "adaptive+dissolves"
    context = PySceneDetector.context
    """A window is one second, and what is settled never lies inside a dissolve."""

    def __init__(self) -> None:
        """Begin with no picture seen."""
        self._sudden = PySceneDetector("adaptive")
        self._times: deque[float] = deque()
        self._mosaics: deque[Mosaic] = deque()
        self._dissolves: list[Span] = []

    @property
    def settled(self) -> float:
        """Seconds; every change before this moment has been found."""
        if not self._times:
            return 0.0
        # The next window begins here at the earliest; it may prolong a dissolve that reaches so far.
        bound = min(self._sudden.settled, self._times[0])
        open_ones = (span.start for span in self._dissolves[-1:] if span.end >= bound)
        return min([bound, *open_ones])

    def frame_size(self, facts: VideoFacts) -> Size:
        """Return the size that `adaptive` wants."""
        return self._sudden.frame_size(facts)

    def feed(self, time: float, image: NDArray[np.uint8]) -> None:
        """Look at one RGB picture (see `CutDetector.feed`)."""
        self._sudden.feed(time, image)
        self._times.append(time)
        self._mosaics.append(_mosaic(image))
        while len(self._times) > 1 and self._times[1] <= time - WINDOW:
            self._times.popleft()
            self._mosaics.popleft()
        if self._times[0] <= time - WINDOW and is_mixture(self._times, self._mosaics):
            self._note(Span(self._times[0], time))

    def cuts(self) -> list[float]:
        """Return the first moment of each new shot; inside a dissolve that is its middle alone."""
        sudden = [
            cut
            for cut in self._sudden.cuts()
            if not any(span.start <= cut <= span.end for span in self._dissolves)
        ]
        return sorted([*sudden, *(span.centre for span in self._dissolves)])

    def _note(self, window: Span) -> None:
        if self._dissolves and window.start <= self._dissolves[-1].end:
            window = self._dissolves.pop().hull(window)
        self._dissolves.append(window)


def is_mixture(times: Sequence[float], mosaics: Sequence[Mosaic]) -> bool:
    """Tell whether the pictures of a window turn evenly from the first into the last.

    Args:
        times: (n,) rising seconds.
        mosaics: one for each time.
    """
    change = mosaics[-1] - mosaics[0]
    size = float(np.abs(change).mean())
    if len(times) < LEAST_INNER + 2 or size < LEAST_CHANGE:
        return False
    moments = np.asarray(times)
    even = (moments[1:-1] - moments[0]) / (moments[-1] - moments[0])
    since = np.stack(mosaics)[1:-1] - mosaics[0]
    shares = (since * change).sum(axis=(1, 2, 3)) / float((change * change).sum())
    if np.abs(shares - even).max() > MOST_UNEVEN:
        return False
    astray = np.abs(since - shares[:, None, None, None] * change).mean(axis=(1, 2, 3))
    return bool(astray.max() <= MOST_ASTRAY * size)


def _mosaic(image: NDArray[np.uint8]) -> Mosaic:
    import cv2

    return np.asarray(cv2.resize(image, MOSAIC, interpolation=cv2.INTER_AREA), np.float32)
