"""Sight: which moments of which rendered video the pictures of a prompt are, known by their pixels.

A prompt never says where in its video a clip lies, so that no model can. Pictures that are alike to the last
bit show the same, whichever of their moments is meant.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from grounder.video import Frames, Video
from grounder.vlm import Prompt, Text
from scenetg.world import World

AT_ONCE = 64
"""Pictures decoded at a time."""

Moment = tuple[Path, int]
"""A video, and the number of one of its pictures."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The pictures of a prompt, placed."""

    video: Path
    times: tuple[float, ...]
    """Seconds, rising."""


@dataclass(slots=True)
class Sight:
    """Knows every picture of some rendered videos."""

    rate: float
    """Pictures a second of the files."""
    _moments: dict[bytes, list[Moment]] = field(default_factory=dict)

    def learn(self, video: Path, *, max_pixels: int, decoder: str) -> None:
        """Look at every picture of a video as the line shows it to a model."""
        with Video.open(video, decoder=decoder) as file:
            max_side = max(file.facts.size.within_pixels(max_pixels))
            numbers = iter(range(round(file.duration * self.rate)))
            while part := list(islice(numbers, AT_ONCE)):
                # The middle of a picture's time on screen: never the one before it by rounding.
                times = [(number + 0.5) / self.rate for number in part]
                shown = file.frames(times, max_side=max_side)
                for number, image in zip(part, shown.images, strict=True):
                    self._moments.setdefault(_digest(image), []).append((video, number))

    def place(self, prompt: Prompt) -> Seen:
        """Return where the pictures of a prompt are from.

        Raises:
            ValueError: they are of no video that was learnt, or of several moments at once.
        """
        images, times = _shown(prompt)
        since = [time - times[0] for time in times]
        options = [set(self._moments.get(_digest(image), ())) for image in images]
        for video, first in sorted(options[0]):
            numbers = [
                self._near(video, first / self.rate + later, own)
                for later, own in zip(since, options, strict=True)
            ]
            found = [number for number in numbers if number is not None]
            if len(found) == len(images):
                return Seen(video, tuple((number + 0.5) / self.rate for number in found))
        raise ValueError(f"{len(images)} pictures are of no video that this simulator has learnt.")

    def _near(self, video: Path, time: float, options: set[Moment]) -> int | None:
        number = round(time * self.rate)
        near = (n for n in (number, number - 1, number + 1) if (video, n) in options)
        return next(near, None)


def learn_all(worlds: Mapping[Path, World], *, rate: float, max_pixels: int, decoder: str) -> Sight:
    """Return the sight of all pictures of all `worlds`."""
    sight = Sight(rate)
    for video in worlds:
        sight.learn(video, max_pixels=max_pixels, decoder=decoder)
    return sight


def _shown(prompt: Prompt) -> tuple[list[NDArray[np.uint8]], Sequence[float]]:
    frames: list[Frames] = [
        part.frames for message in prompt for part in message.parts if not isinstance(part, Text)
    ]
    if not frames:
        raise ValueError("The prompt has no pictures.")
    images = [image for part in frames for image in part.images]
    return images, [float(time) for part in frames for time in part.times]


def _digest(image: NDArray[np.uint8]) -> bytes:
    return hashlib.blake2b(np.ascontiguousarray(image).tobytes(), digest_size=16).digest()
