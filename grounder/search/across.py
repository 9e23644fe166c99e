"""Search over every video of a library: nearest frames first, then windows around those only."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from grounder.encoders.encoder import Encoder
from grounder.search.candidates import candidates
from grounder.search.search import Searchable, best_of
from grounder.search.track import checked_query
from grounder.search.window import Window
from grounder.span import Span, merge

HITS_PER_WINDOW = 16
"""Nearest frames asked for each window wanted: neighbouring frames are nearly the same picture."""


class Hit(Protocol):
    """One frame near a query."""

    @property
    def video_id(self) -> str:
        """Its video."""

    @property
    def time(self) -> float:
        """Seconds of the whole video."""


class Shelf(Protocol):
    """What the search needs of a library."""

    def nearest(self, encoder_name: str, vector: NDArray[np.float32], k: int) -> Sequence[Hit]:
        """Return the `k` nearest frames of all videos, best first."""

    def open_index(self, video_id: str, encoder: Encoder) -> Searchable:
        """Open one video's index."""


def search_library(
    library: Shelf, query: str, encoder: Encoder, *, k: int, longest: float
) -> list[Window]:
    """Return windows of any video in the library, the most probable first.

    At most `k` videos are opened: those that hold the frames nearest to the query. Words of a
    transcript count in these, they do not bring in further videos.

    Raises:
        ValueError: the query is empty, or `k` or `longest` is not above 0.
        IndexMissing: the library holds no video.
        EncoderMismatch: all of its videos were indexed by other encoders.
    """
    query = checked_query(query)
    if k < 1 or not longest > 0:
        raise ValueError(f"Search needs k >= 1 and longest > 0 seconds, got {k} and {longest}.")
    vector = encoder.encode_texts([query])[0]
    moments: dict[str, list[float]] = {}
    for hit in library.nearest(encoder.name, vector, HITS_PER_WINDOW * k):
        if hit.video_id in moments or len(moments) < k:
            moments.setdefault(hit.video_id, []).append(hit.time)
    found: list[Window] = []
    for video_id, times in moments.items():
        indexed = library.open_index(video_id, encoder)
        stretches = _around(times, indexed.duration, longest)
        bounds = [candidates(indexed.scenes, part, longest=longest) for part in stretches]
        found += best_of(indexed, query, np.concatenate(bounds), k=k)
    return sorted(found, key=lambda window: -window.probability)[:k]


def _around(times: Sequence[float], duration: float, longest: float) -> list[Span]:
    whole = Span(0.0, duration)
    reaches = (Span(time - longest / 2, time + longest / 2).clip(whole) for time in times)
    return merge(reach for reach in reaches if reach is not None)
