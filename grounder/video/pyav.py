"""The default decoder: FFmpeg through PyAV, the one the others are measured against."""

import os
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from grounder.errors import VideoError
from grounder.video.cursor import Cursor, Picture
from grounder.video.decoder import Size
from grounder.video.frames import Frames
from grounder.video.keyframes import keyframes
from grounder.video.probe import Probe
from grounder.video.scaler import Scaler

# Frame threads cost about 8 % more CPU for half the wall time; more than four gain little.
MAX_THREADS = 4


class PyAVFrame:
    """One decoded picture, still in the decoder's own format."""

    __slots__ = ("_frame", "_scaler", "time")

    def __init__(self, time: float, frame: VideoFrame, scaler: Scaler) -> None:
        self.time = time
        self._frame = frame
        self._scaler = scaler

    def rgb(self, size: Size, *, smooth: bool = False) -> NDArray[np.uint8]:
        """See `ScannedFrame.rgb`."""
        return self._scaler.rgb(self._frame, size, smooth=smooth)


class PyAVDecoder:
    """Reads one file through PyAV; a scan has its own handle, so reads may go on meanwhile."""

    name = "pyav"

    def __init__(self, path: Path, probe: Probe) -> None:
        self._path = path
        self._probe = probe
        self._scaler = Scaler(probe.turn)
        self._cursor: Cursor | None = None
        self.decode_errors = 0

    def read(self, times: Sequence[float], size: Size) -> Frames:
        """See `Decoder.read`."""
        images = np.empty((len(times), size.height, size.width, 3), np.uint8)
        shown = np.empty(len(times))
        before: VideoFrame | None = None
        for i, time in enumerate(times):
            shown[i], frame = self._picture_at(time)
            images[i] = (
                images[i - 1] if frame is before else self._scaler.rgb(frame, size, smooth=True)
            )
            before = frame
        return Frames(images, shown)

    def scan(self, *, start: float = 0.0, keyframes_only: bool = False) -> Iterator[PyAVFrame]:
        """See `Decoder.scan`."""
        scaler = Scaler(self._probe.turn)
        pictures = self._keyframes(start) if keyframes_only else self._pictures(start)
        with closing(pictures):
            for time, frame in pictures:
                yield PyAVFrame(time, frame, scaler)

    def close(self) -> None:
        """See `Decoder.close`."""
        if self._cursor is not None:
            self._cursor.close()
            self._cursor = None

    def _pictures(self, start: float) -> Generator[Picture]:
        threads = max(2, min(MAX_THREADS, os.cpu_count() or 1))
        with closing(Cursor(self._path, self._probe, self._damaged, threads=threads)) as cursor:
            picture = cursor.at(start)
            while picture is not None:
                yield picture
                picture = cursor.step()

    def _keyframes(self, start: float) -> Generator[Picture]:
        return keyframes(self._path, self._probe, self._damaged, start=start)

    def _picture_at(self, time: float) -> tuple[float, VideoFrame]:
        if self._cursor is None:
            self._cursor = Cursor(self._path, self._probe, self._damaged)
        picture = self._cursor.at(time)
        if picture is None or (
            self._broken and self._cursor.ended and self._is_past(time, picture[0])
        ):
            last = "nothing" if picture is None else f"{picture[0]:.3f} s"
            raise VideoError(
                f"{self._path} has no picture at {time:.3f} s: the last that can be decoded is at "
                f"{last}. The file is damaged; ask for earlier times or get a whole copy."
            )
        return picture

    @property
    def _broken(self) -> bool:
        return self.decode_errors > 0 or self._probe.facts.truncated

    def _is_past(self, time: float, last: float) -> bool:
        return time > last + 2 / (self._probe.facts.frame_rate or 1)

    def _damaged(self) -> None:
        self.decode_errors += 1
