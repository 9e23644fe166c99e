"""Video: one opened file, its facts, and its frames by time."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType

from grounder.errors import VideoError
from grounder.span import Span
from grounder.video.decoder import Decoder, ScannedFrame, VideoFacts
from grounder.video.frames import Frames
from grounder.video.limits import Limits


class Video:
    """An opened video file; close it or use it in a `with` statement.

    All times are seconds of the whole video: true PTS minus the container's start.
    """

    def __init__(self, path: Path, facts: VideoFacts, decoder: Decoder, *, usable: float) -> None:
        self.path = path
        self.facts = facts
        self._decoder = decoder
        self._end = usable

    @classmethod
    def open(
        cls, path: Path | str, *, decoder: str = "pyav", limits: Limits | None = None
    ) -> "Video":
        """Open a local video file.

        Args:
            path: The file; nothing but this one file is ever read.
            decoder: `pyav`, `decord` or `torchcodec`; never another one than the named.
            limits: Ceilings for untrusted files; the default `Limits()` when None.

        Raises:
            VideoError: missing, not a video, or no picture can be decoded.
            VideoLimitError: over a limit.
            MissingDependency: the named decoder's package is not installed.
            SpecError: no decoder has that name.
        """
        # Here, not above: FFmpeg is loaded only by those who open a file.
        from grounder.video.decoders import load_decoder
        from grounder.video.probe import probe

        path = Path(path)
        loaded = load_decoder(decoder)
        probed = probe(path, Limits() if limits is None else limits)
        return cls(path, probed.facts, loaded(path, probed), usable=probed.usable)

    @property
    def decoder_name(self) -> str:
        """Name of the decoder in use."""
        return self._decoder.name

    @property
    def duration(self) -> float:
        """Seconds that can be used: the declared duration, or less for a broken file."""
        return self._end

    @property
    def span(self) -> Span:
        """The usable part, from 0 to `duration`."""
        return Span(0.0, self._end)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was found wrong so far, for the user; reading on can add to it."""
        found = ["cut off (the end of the file is missing)"] if self.facts.truncated else []
        if self._decoder.decode_errors:
            found.append(f"damaged ({self._decoder.decode_errors} errors in reading)")
        if not found:
            return ()
        used = f"used up to {self._end:.2f} s of {self.facts.duration:.2f} s"
        return (f"{self.path} is {' and '.join(found)}; {used}.",)

    def frames(self, times: Sequence[float], *, max_side: int | None = None) -> Frames:
        """Return the picture on screen at each time.

        Args:
            times: Seconds, never decreasing, inside `span`.
            max_side: Longest side of the pictures in pixels; as stored when None.

        Raises:
            VideoError: a time lies beyond the part that can be decoded.
            ValueError: times decrease, are not finite, or are below 0.
        """
        if any(not math.isfinite(time) for time in times) or list(times) != sorted(times):
            raise ValueError(f"Times must be finite and never decrease, got {list(times)[:8]} ...")
        if len(times) and times[0] < 0:
            raise ValueError(
                f"Times count from the start of the video: from 0 to {self._end:.3f} s, got {times[0]}."
            )
        if len(times) and times[-1] > self._end + self._frame_length:
            raise VideoError(
                f"{self.path} has no picture at {times[-1]:.3f} s: it can be used from 0 to "
                f"{self._end:.3f} s. Ask for times in between."
            )
        size = self.facts.size if max_side is None else self.facts.size.with_long_side(max_side)
        return self._decoder.read(times, size)

    def scan(self, *, start: float = 0.0, keyframes_only: bool = False) -> Iterator[ScannedFrame]:
        """Yield every frame (or keyframe) from the one on screen at `start` to the end, in order.

        Where a file is broken the scan ends early; `duration` and `warnings` then say so.
        """
        errors, last = self._decoder.decode_errors, start
        for frame in self._decoder.scan(start=start, keyframes_only=keyframes_only):
            last = frame.time
            yield frame
        # A last picture may stay on screen for long, so only with damage does silence mean an end.
        damaged = self._decoder.decode_errors > errors or self.facts.truncated
        if damaged and not keyframes_only:
            self._end = min(self.facts.duration, last + self._frame_length)

    @property
    def _frame_length(self) -> float:
        return 1 / (self.facts.frame_rate or 1)

    def close(self) -> None:
        """Release the file."""
        self._decoder.close()

    def __enter__(self) -> "Video":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
