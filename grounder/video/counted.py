"""The decoder over any library that hands out whole pictures by number."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from grounder.errors import VideoError
from grounder.video.decoder import Size
from grounder.video.frames import Frames
from grounder.video.probe import Probe
from grounder.video.pyav import PyAVFrame
from grounder.video.scaler import Scaler
from grounder.video.timetable import Timetable, read_timetable
from grounder.video.turn import UPRIGHT

Picture = NDArray[np.uint8]


class CountedDecoder:
    """A `Decoder` over one function: number of a picture -> RGB picture.

    The library decodes and turns; the times come from the packets, since these libraries keep
    them in single precision, or count from another start. All libraries scale alike: swscale.
    """

    def __init__(
        self,
        name: str,
        path: Path,
        probe: Probe,
        picture: Callable[[int], Picture],
        *,
        failures: tuple[type[Exception], ...],
        counts_hidden: bool,
    ) -> None:
        self.name = name
        self._path = path
        self._picture: Callable[[int], Picture] | None = picture
        self._failures = failures
        self._scaler = Scaler(UPRIGHT)
        self._table: Timetable = read_timetable(path, probe)
        self._first = self._table.hidden if counts_hidden else 0
        self.decode_errors = 0

    def read(self, times: Sequence[float], size: Size) -> Frames:
        """See `Decoder.read`."""
        positions = [self._table.on_screen(time) for time in times]
        images = np.empty((len(times), size.height, size.width, 3), np.uint8)
        for i, position in enumerate(positions):
            if i and position == positions[i - 1]:
                images[i] = images[i - 1]
                continue
            try:
                frame = self._frame(position)
            except self._failures as error:
                self.decode_errors += 1
                raise VideoError(
                    f"{self._path} has no picture at {times[i]:.3f} s that can be decoded "
                    f"({str(error).splitlines()[0]}). Try the decoder `pyav`."
                ) from error
            images[i] = self._scaler.rgb(frame, size, smooth=True)
        return Frames(images, self._table.times[positions])

    def scan(self, *, start: float = 0.0, keyframes_only: bool = False) -> Iterator[PyAVFrame]:
        """See `Decoder.scan`."""
        for position in self._table.from_start(start, keyframes_only=keyframes_only):
            try:
                frame = self._frame(position)
            except self._failures:
                self.decode_errors += 1
                return
            yield PyAVFrame(float(self._table.times[position]), frame, self._scaler)

    def close(self) -> None:
        """See `Decoder.close`: the library frees its reader with the last reference to it."""
        self._picture = None

    def _frame(self, position: int) -> VideoFrame:
        assert self._picture is not None, "read after close"
        return VideoFrame.from_ndarray(self._picture(position + self._first), format="rgb24")
