"""Matching: which videos share footage with those of an evaluation set, however re-encoded, resized or cut."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scenetg.overlap.hashing import RATE, Fingerprint
from scenetg.overlap.listing import EvaluationSet
from scenetg.settings import Overlap

BLOCK = 256
"""Pictures searched at once: a still picture may be like thousands of others."""
SLACK = 1
"""Pictures by which copies may be apart: a cut copy does not begin on the grid of the other."""

Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Match:
    """The longest common footage of two videos, in order and at one pace."""

    video: str
    other: str
    seconds: float
    """How much of it is alike."""
    start: float
    """Seconds in the first video."""
    other_start: float
    """Seconds in the other."""


class Searcher:
    """The pictures of an evaluation set, to be searched by those of one video after the other."""

    def __init__(self, evaluation: EvaluationSet) -> None:
        """Index the set; memory is 16 bytes a picture and a little more."""
        import faiss

        self._videos = evaluation.fingerprints
        hashes = [one.hashes for one in self._videos]
        telling = [np.flatnonzero(part.any(axis=1)) for part in hashes]
        self._owner = np.repeat(np.arange(len(hashes)), [len(part) for part in telling])
        self._place = np.concatenate([*telling, np.empty(0, np.int64)]).astype(np.int64)
        self._index = faiss.IndexBinaryFlat(128)
        for part, which in zip(hashes, telling, strict=True):
            if len(which):
                self._index.add(np.ascontiguousarray(part[which]))

    def matches(self, video: Fingerprint, settings: Overlap) -> Iterator[Match]:
        """Yield the videos of the set that share footage with one of ours."""
        ours, found = self._pairs(video, settings.bits)
        for number in np.unique(self._owner[found]):
            mine = self._owner[found] == number
            common = longest_run(ours[mine], self._place[found[mine]])
            seconds = len(np.unique(common[0])) / RATE
            if seconds >= settings.least:
                yield Match(
                    video.name,
                    self._videos[number].name,
                    seconds,
                    float(common[0].min() / RATE),
                    float(common[1].min() / RATE),
                )

    def _pairs(self, video: Fingerprint, bits: int) -> tuple[Indices, Indices]:
        """Return positions in the video, and of pictures of the set that are like them."""
        telling = np.flatnonzero(video.hashes.any(axis=1))
        ours, found = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for first in range(0, len(telling), BLOCK):
            block = telling[first : first + BLOCK]
            # The radius itself is outside.
            limits, _, labels = self._index.range_search(video.hashes[block], bits + 1)
            ours.append(np.repeat(block, np.diff(limits.astype(np.int64))))
            found.append(labels.astype(np.int64))
        return np.concatenate(ours), np.concatenate(found)


def longest_run(ours: Indices, theirs: Indices) -> tuple[Indices, Indices]:
    """Return the pairs of like pictures that lie on one offset, where the most of ours do.

    Args:
        ours: (n,) positions in one video.
        theirs: (n,) positions in the other; n > 0.
    """
    offsets = ours - theirs
    pairs = np.unique(np.stack([offsets, ours]), axis=1)
    values, counts = np.unique(pairs[0], return_counts=True)
    best = values[counts.argmax()]
    on_it = np.abs(offsets - best) <= SLACK
    return ours[on_it], theirs[on_it]


def find_matches(
    videos: Sequence[Fingerprint], evaluation: EvaluationSet, settings: Overlap
) -> list[Match]:
    """Return every pair of videos with common footage, in order of ours."""
    searcher = Searcher(evaluation)
    return [match for video in videos for match in searcher.matches(video, settings)]
