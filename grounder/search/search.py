"""Search: a query and an indexed video in, the windows worth looking at out, best first."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from grounder.search.candidates import candidates
from grounder.search.fusion import DEPTH, fuse, rank
from grounder.search.track import Bounds, Track, as_bounds, checked_query
from grounder.search.window import Window
from grounder.span import Span


class Searchable(Protocol):
    """What the search needs of an indexed video."""

    @property
    def video_id(self) -> str:
        """The video's content hash."""

    @property
    def duration(self) -> float:
        """Seconds."""

    @property
    def scenes(self) -> Sequence[Span]:
        """Shots in order, without gaps."""

    @property
    def tracks(self) -> Sequence[Track]:
        """The kinds of evidence it has."""


def search(
    indexed: Searchable, query: str, *, k: int, longest: float, within: Span | None = None
) -> list[Window]:
    """Return windows of an indexed video that fit the query, best first.

    Windows are made at many scales, rated by each track against the rest of the video, fused, and
    kept apart, so that two of them hardly overlap. Fewer than `k` come back when there are no more.

    Args:
        indexed: The video's scenes and tracks.
        query: What to look for, in words.
        k: The most windows wanted.
        longest: Seconds no window exceeds.
        within: Only look here; the whole video when None.

    Raises:
        ValueError: the query is empty, `k` or `longest` is not above 0, or `within` lies outside.
    """
    query = checked_query(query)
    if k < 1 or not longest > 0:
        raise ValueError(f"Search needs k >= 1 and longest > 0 seconds, got {k} and {longest}.")
    whole = Span(0.0, indexed.duration)
    stretch = (within or whole).clip(whole)
    if stretch is None:
        raise ValueError(f"{within} lies outside the video, which lasts {indexed.duration} s.")
    bounds = candidates(indexed.scenes, whole, longest=longest)
    if stretch != whole:
        bounds = _inside(bounds, stretch, longest)
    return best_of(indexed, query, bounds, k=k)


def _inside(bounds: Bounds, stretch: Span, longest: float) -> Bounds:
    """Return the video's own windows inside a stretch, and the stretch itself if it is short enough.

    A grid of its own would give a stretch windows that a search of the whole video never rated: the
    best of more tries, not a better one.
    """
    inside = bounds[(bounds[:, 0] >= stretch.start) & (bounds[:, 1] <= stretch.end)]
    if stretch.duration <= longest:
        inside = np.concatenate([inside, as_bounds([stretch])])
    return np.unique(inside, axis=0)


def best_of(indexed: Searchable, query: str, bounds: Bounds, *, k: int) -> list[Window]:
    """Return the best `k` of the given windows that are apart, best first."""
    rankings = [rank(track, query, bounds) for track in indexed.tracks]
    if not any(len(ranking.bounds) for ranking in rankings):
        return []
    # All of them are judged, so that a chance does not hang on how many are wanted.
    best, votes = fuse(rankings, count=DEPTH)
    chances = _either([np.nan_to_num(track.probability(query, best)) for track in indexed.tracks])
    presence = float(_either([np.asarray(track.presence(query, best)) for track in indexed.tracks]))
    return _windows(indexed, best[:k], votes[:, :k], chances, presence)


def _either(chances: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the chance that at least one track is right."""
    return np.asarray(1 - np.prod([1 - chance for chance in chances], axis=0))


def _windows(
    indexed: Searchable,
    bounds: Bounds,
    votes: NDArray[np.float64],
    chances: NDArray[np.float64],
    presence: float,
) -> list[Window]:
    windows = []
    for row, (start, end) in enumerate(bounds.tolist()):
        span = Span(start, end)
        loudest = votes[:, row].max() / 2
        windows.append(
            Window(
                video_id=indexed.video_id,
                span=span,
                score=float(votes[:, row].sum()),
                probability=float(chances[row]),
                presence=presence,
                sources=tuple(
                    track.name
                    for track, vote in zip(indexed.tracks, votes[:, row], strict=True)
                    if vote >= loudest
                ),
                text=described(indexed, span),
            )
        )
    return windows


def described(indexed: Searchable, span: Span) -> str:
    """Return what all tracks say about a stretch: untrusted text out of the video, and guesses at it."""
    return " ".join(filter(None, (track.describe(span) for track in reversed(indexed.tracks))))
