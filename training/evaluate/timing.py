"""Where the seconds go: parts that obey their protocols and hold a stopwatch."""

import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from grounder.encoders import Encoder
from grounder.encoders.encoder import UnitVectors
from grounder.errors import BackendError
from grounder.video import Frames, Video
from grounder.vlm import VLM, Clip, Completion, Picture, Prompt, Sampling
from training.evaluate.prediction import Seconds

Stage = Literal["decode", "vision", "text"]
CACHE_BYTES = 256 * 2**20
"""Pictures kept for the next query about the same video."""


class Stopwatch:
    """Counts the seconds of each stage; what runs inside another stage counts for the inner one alone."""

    def __init__(self) -> None:
        self._spent: dict[str, float] = {}
        self._inner = [0.0]
        self._lap = time.perf_counter()

    @contextmanager
    def stage(self, name: Stage) -> Iterator[None]:
        """Count what happens inside."""
        self._inner.append(0.0)
        began = time.perf_counter()
        try:
            yield
        finally:
            whole = time.perf_counter() - began
            self._spent[name] = self._spent.get(name, 0.0) + whole - self._inner.pop()
            self._inner[-1] += whole

    def lap(self) -> Seconds:
        """Return what was counted since the last lap, or since the watch was made, and start at zero."""
        now = time.perf_counter()
        total, self._lap = now - self._lap, now
        parts, self._spent = self._spent, {}
        return Seconds(**parts, search=max(0.0, total - sum(parts.values())), total=total)


class TimedEncoder:
    """An encoder and what it takes."""

    def __init__(self, encoder: Encoder, watch: Stopwatch) -> None:
        """Time `encoder`."""
        self._encoder = encoder
        self._watch = watch
        self.name = encoder.name
        self.dim = encoder.dim
        self.image_side = encoder.image_side

    @property
    def confidence(self) -> Mapping[str, Any] | None:
        """The encoder's own."""
        return self._encoder.confidence

    def encode_images(self, images: Sequence[NDArray[np.uint8]] | NDArray[np.uint8]) -> UnitVectors:
        """Encode pictures; this is `vision`."""
        with self._watch.stage("vision"):
            return self._encoder.encode_images(images)

    def encode_texts(self, texts: Sequence[str]) -> UnitVectors:
        """Encode sentences; this is `text`."""
        with self._watch.stage("text"):
            return self._encoder.encode_texts(texts)

    def reach(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return how far each text can be reached; this is `text`."""
        with self._watch.stage("text"):
            return self._encoder.reach(texts)

    def tags(self, vectors: UnitVectors, *, count: int) -> list[str]:
        """Name what pictures show."""
        return self._encoder.tags(vectors, count=count)


class TimedVlm:
    """A vision-language model and what it takes: `vision` when it is shown anything, else `text`."""

    def __init__(self, vlm: VLM, watch: Stopwatch) -> None:
        """Time `vlm`."""
        self._vlm = vlm
        self._watch = watch
        self.name = vlm.name
        self.adapter = vlm.adapter

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Completion]:
        """Answer each prompt, in order.

        Raises:
            BackendError: the model failed, or its memory is too small for these prompts.
        """
        with self._watch.stage("vision" if any(map(_shows, prompts)) else "text"):
            try:
                return self._vlm.generate(prompts, sampling)
            except RuntimeError as error:
                from torch import OutOfMemoryError

                if not isinstance(error, OutOfMemoryError):
                    raise
                # One long video must not end the run of all others.
                raise BackendError(
                    f"{self.name} ran out of memory. Show it less: fewer frames, a shorter window."
                ) from error

    def stamps(self, prompt: Prompt) -> list[float]:
        """Return the times the model is told."""
        return self._vlm.stamps(prompt)

    def brightness(self, prompt: Prompt) -> list[float]:
        """Return how bright what it is shown is."""
        return self._vlm.brightness(prompt)


class TimedVideo(Video):
    """A video that counts what reading it takes, and reads pictures once for all queries that want the same."""

    def __init__(self, video: Video, watch: Stopwatch) -> None:
        """Time `video`, which stays open until its owner closes it."""
        super().__init__(video.path, video.facts, video._decoder, usable=video.duration)
        self._watch = watch
        self._kept: OrderedDict[tuple[float | None, ...], Frames] = OrderedDict()

    def frames(self, times: Sequence[float], *, max_side: int | None = None) -> Frames:
        """Return the picture on screen at each time; raises as `Video.frames` does."""
        wanted = (*times, max_side)
        if wanted not in self._kept:
            with self._watch.stage("decode"):
                self._keep(wanted, super().frames(times, max_side=max_side))
        self._kept.move_to_end(wanted)
        return self._kept[wanted]

    def _keep(self, wanted: tuple[float | None, ...], frames: Frames) -> None:
        self._kept[wanted] = frames
        while (
            len(self._kept) > 1 and sum(f.images.nbytes for f in self._kept.values()) > CACHE_BYTES
        ):
            self._kept.popitem(last=False)


def _shows(prompt: Prompt) -> bool:
    return any(isinstance(part, Clip | Picture) for message in prompt for part in message.parts)
