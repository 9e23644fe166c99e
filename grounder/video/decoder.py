"""What a decoder owes, whichever library does the work; all times are seconds of the whole video."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from grounder.video.frames import Frames

# Two times closer than this are the same moment: floats of one PTS differ by less, frames by more.
SAME_TIME = 1e-6
# Pictures with a shorter side than this go to detectors, which want them cheap.
DETECTOR_SIDE = 200


class Size(NamedTuple):
    """A picture size in pixels."""

    width: int
    height: int

    @property
    def pixels(self) -> int:
        """Width times height."""
        return self.width * self.height

    def with_short_side(self, pixels: int) -> "Size":
        """Shrink so that the shorter side is `pixels`, the other even; smaller sizes stay."""
        return self._shrunk(pixels, min(self))

    def with_long_side(self, pixels: int) -> "Size":
        """Shrink so that the longer side is `pixels`, the other even; smaller sizes stay."""
        return self._shrunk(pixels, max(self))

    def within_pixels(self, pixels: int) -> "Size":
        """Shrink to at most `pixels` in all, both sides even; smaller sizes stay."""
        if self.pixels <= pixels:
            return self
        scale = math.sqrt(pixels / self.pixels)
        return Size(*(max(2, int(side * scale) // 2 * 2) for side in self))

    def _shrunk(self, wanted: int, side: int) -> "Size":
        if wanted < 1:
            raise ValueError(f"A side of {wanted} pixels is no size. Ask for 1 or more.")
        if side <= wanted:
            return self
        return Size(*(wanted if s == side else _even(s * wanted / side) for s in self))


def _even(length: float) -> int:
    return max(2, round(length / 2) * 2)


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """What the container says about a file, read once when it is opened."""

    duration: float
    """Seconds from container start to the end of the last picture, as the container declares it."""
    size: Size
    """As displayed: rotation and sample aspect are already applied."""
    frame_rate: float
    """Average frames per second; a hint only, times come from PTS."""
    codec: str
    container: str
    has_audio: bool
    subtitle_streams: tuple[int, ...]
    """Stream indices of text subtitles inside the file."""
    truncated: bool
    """The file ends before the container says it should."""


class ScannedFrame(Protocol):
    """One decoded frame of a scan; pixels are converted only when asked for."""

    @property
    def time(self) -> float:
        """Seconds of the whole video."""

    def rgb(self, size: Size, *, smooth: bool = False) -> NDArray[np.uint8]:
        """Return (height, width, 3) RGB as displayed, scaled to `size`.

        A shorter side of `DETECTOR_SIDE` pixels or more is scaled bicubically, for encoders and
        models. Below it the cheapest way is taken, which skips most pixels, unless `smooth`
        asks for the mean over all of them (ten times the cost).
        """


class Decoder(Protocol):
    """Reads frames of one opened file."""

    name: str
    decode_errors: int
    """Packets and pictures found damaged so far; such damage is contained, not raised."""

    def read(self, times: Sequence[float], size: Size) -> Frames:
        """Return the frame on screen at each time: the last with PTS <= time (the first before it).

        `times` never decrease. The result has one frame per time, carrying its own true PTS.

        Raises:
            VideoError: a time lies beyond the part of the file that can be decoded.
        """

    def scan(self, *, start: float = 0.0, keyframes_only: bool = False) -> Iterator[ScannedFrame]:
        """Yield every frame (or keyframe) from the one on screen at `start` on, in display order.

        A file that breaks ends the scan early, it does not raise: `Video` turns that into a warning.
        """

    def close(self) -> None:
        """Release the file."""
