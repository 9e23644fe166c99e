"""The one decoding pass: every frame goes to the cut detector, one in a while to the encoder."""

import math
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from grounder.encoders.encoder import Encoder, UnitVectors
from grounder.library import Chunk, TrackRow
from grounder.scenes import CutDetector
from grounder.video import ScannedFrame, Video

_BATCH = 32
"""Pictures encoded at once. A chunk always begins a new batch, so that a resumed run has the same ones."""
_CHUNK_SECONDS = 60.0
_EDGE = 1e-6
"""Keeps a frame that is due at 3.0 s and stamped 2.9999999 from being taken for an early one."""


class Sampler:
    """Picks the first frame at or after each multiple of 1 / rate seconds; never one frame twice."""

    def __init__(self, rate: float, *, last: float = -math.inf) -> None:
        """Pick `rate` frames a second (> 0), going on after the frame picked at `last` seconds."""
        self._rate = rate
        self._slot = self._slot_of(last)

    def takes(self, time: float) -> bool:
        """Tell whether the frame at `time` is picked; times must rise from call to call."""
        slot = self._slot_of(time)
        if slot <= self._slot:
            return False
        self._slot = slot
        return True

    def _slot_of(self, time: float) -> float:
        return math.floor(time * self._rate + _EDGE) if math.isfinite(time) else -math.inf


class Batcher:
    """Encodes pictures `_BATCH` at a time, so that no more are ever held."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._images: list[NDArray[np.uint8]] = []
        self._vectors: list[UnitVectors] = []
        self.times: list[float] = []

    def add(self, time: float, image: NDArray[np.uint8]) -> None:
        """Take one (h, w, 3) picture."""
        self.times.append(time)
        self._images.append(image)
        if len(self._images) == _BATCH:
            self._encode()

    def take(self) -> tuple[list[float], UnitVectors]:
        """Return all times and vectors (n, dim) since the last call."""
        self._encode()
        times = self.times
        vectors = np.concatenate([np.empty((0, self._encoder.dim), np.float32), *self._vectors])
        self.times, self._vectors = [], []
        return times, vectors

    def _encode(self) -> None:
        if self._images:
            self._vectors.append(self._encoder.encode_images(self._images))
            self._images = []


class Pass:
    """One way through a video, from where its track ends."""

    def __init__(
        self,
        video: Video,
        track: TrackRow,
        *,
        encoder: Encoder,
        detector: CutDetector | None,
        last_time: float,
    ) -> None:
        """Go on after `track`, whose last embedding is of `last_time` seconds (-inf: it has none).

        Without a detector only keyframes are looked at, and no cuts are found.
        """
        self._video = video
        self._track = track
        self._detector = detector
        self._detector_size = detector.frame_size(video.facts) if detector else video.facts.size
        self._picture_size = video.facts.size.with_short_side(encoder.image_side)
        self._batcher = Batcher(encoder)
        self._sampler = Sampler(track.plan.rate, last=last_time)
        self._settled = track.settled

    def chunks(self, looked_at: Callable[[float], None]) -> Iterator[tuple[Chunk, UnitVectors]]:
        """Yield what to store, chunk by chunk; the same chunks wherever the pass was resumed.

        `looked_at` hears the time of each picture that is encoded.
        """
        boundary, time = math.inf, self._track.end_time
        for frame in self._new_frames():
            time = frame.time
            if time >= boundary:
                yield self._chunk(boundary, final=False)
            if math.isinf(boundary) or time >= boundary:
                boundary = self._boundary_after(time)
            self._detect(frame)
            if self._sampler.takes(time):
                self._batcher.add(time, frame.rgb(self._picture_size))
                looked_at(time)
        yield self._chunk(time, final=True)

    def _new_frames(self) -> Iterator[ScannedFrame]:
        """Yield the frames not yet stored, having shown the detector those it needs before them."""
        start = self._track.end_time
        if self._detector is not None:
            start = max(0.0, self._track.settled - self._detector.context)
        for frame in self._video.scan(start=start, keyframes_only=self._detector is None):
            if self._track.chunks > 0 and frame.time < self._track.end_time:
                self._detect(frame)
            else:
                yield frame

    def _detect(self, frame: ScannedFrame) -> None:
        if self._detector is not None:
            self._detector.feed(frame.time, frame.rgb(self._detector_size))

    def _chunk(self, end_time: float, *, final: bool) -> tuple[Chunk, UnitVectors]:
        cuts = self._detector.cuts() if self._detector else []
        before, self._settled = self._settled, max(self._settled, self._settled_at(end_time, final))
        cuts = [cut for cut in cuts if before <= cut and (final or cut < self._settled)]
        times, vectors = self._batcher.take()
        return Chunk(end_time, self._settled, times, cuts, final), vectors

    def _settled_at(self, end_time: float, final: bool) -> float:
        return end_time if final or self._detector is None else self._detector.settled

    def _boundary_after(self, time: float) -> float:
        length = max(_CHUNK_SECONDS, 2 * _BATCH / self._track.plan.rate)
        return (math.floor(time / length) + 1) * length
