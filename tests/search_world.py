"""A tiny searchable world: pictures and words are the letters a to d, equal letters are equal vectors."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grounder.encoders import UnitVectors
from grounder.search import Track, VisualTrack
from grounder.span import Span

LETTERS = "abcd"


class LetterEncoder:
    """Maps a text to the letter it begins with; an image's first pixel names its letter."""

    name = "letters"
    dim = len(LETTERS)
    image_side = 8
    confidence = None

    def encode_images(self, images: Sequence[NDArray[np.uint8]] | NDArray[np.uint8]) -> UnitVectors:
        return np.eye(self.dim, dtype=np.float32)[[int(image[0, 0, 0]) for image in images]]

    def encode_texts(self, texts: Sequence[str]) -> UnitVectors:
        return np.eye(self.dim, dtype=np.float32)[[LETTERS.index(text[0]) for text in texts]]

    def reach(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.ones(len(texts), np.float32)

    def tags(self, vectors: UnitVectors, *, count: int) -> list[str]:
        """Name the letter that more than half of the pictures show."""
        shares = vectors.mean(axis=0) if len(vectors) else np.zeros(self.dim)
        return [letter for letter, share in zip(LETTERS, shares, strict=True) if share > 0.5][
            :count
        ]


@dataclass(frozen=True)
class Indexed:
    """What the search asks of an indexed video."""

    video_id: str
    duration: float
    scenes: tuple[Span, ...]
    tracks: tuple[Track, ...]


def letter_track(shown: str, *, rate: float = 1.0) -> VisualTrack:
    """Return a track that shows one letter for each sampled frame."""
    encoder = LetterEncoder()
    times = (np.arange(len(shown)) + 0.5) / rate
    return VisualTrack(times, encoder.encode_texts(list(shown)).astype(np.float16), encoder)


def letter_video(shown: str, *tracks: Track, video_id: str = "film") -> Indexed:
    """Return a video of one letter a second, cut where the letter changes."""
    cuts = [i for i in range(1, len(shown)) if shown[i] != shown[i - 1]]
    edges = [0, *cuts, len(shown)]
    scenes = tuple(Span(a, b) for a, b in itertools.pairwise(edges))
    return Indexed(video_id, float(len(shown)), scenes, (letter_track(shown), *tracks))
