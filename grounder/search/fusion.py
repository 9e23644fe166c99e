"""From what each track finds to one list: weighted reciprocal rank fusion over places, not rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grounder.search.candidates import keep_apart, overlap_with
from grounder.search.track import Bounds, Track

DEPTH = 50
"""Windows a track may name."""
RANK_OFFSET = 60
"""Cormack et al. 2009 (SIGIR): flattens the head of each list."""
SAME_WINDOW = 0.5
"""IoU above which a track names only the better of two windows."""
SAME_PLACE = 0.5
"""Part of the longer of two windows they must share to speak for one place."""


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """The windows one track names."""

    name: str
    bounds: Bounds
    """(m, 2), best first."""
    weight: float
    """Its chance that the first is right: a track that finds nothing has little to say."""

    def votes(self, bounds: Bounds) -> NDArray[np.float64]:
        """Return what this track gives to each window: weight / (offset + rank), 0 where it is silent.

        A window it did not name has the rank of the best it named at that place.
        """
        values = self.weight / (RANK_OFFSET + 1 + np.arange(len(self.bounds)))
        votes = np.zeros(len(bounds))
        for row, value in zip(self.bounds, values, strict=True):
            longer = np.maximum(row[1] - row[0], bounds[:, 1] - bounds[:, 0])
            here = overlap_with(row, bounds) >= SAME_PLACE * longer
            votes[here] = np.maximum(votes[here], value)
        for row, value in zip(self.bounds, values, strict=True):
            votes[(bounds == row).all(axis=1)] = value
        return votes


def rank(track: Track, query: str, bounds: Bounds) -> Ranking:
    """Ask one track for its best windows among `bounds`."""
    scores = track.score(query, bounds)
    named = bounds[keep_apart(bounds, scores, count=DEPTH, max_iou=SAME_WINDOW)]
    chances = track.probability(query, named)
    weight = float(np.nanmax(chances)) if len(named) else 0.0
    return Ranking(track.name, named, weight)


def fuse(rankings: Sequence[Ranking], *, count: int) -> tuple[Bounds, NDArray[np.float64]]:
    """Return the best windows of all rankings, best first, and each track's votes (tracks, windows).

    The order of the rankings does not matter.
    """
    named = np.unique(np.concatenate([ranking.bounds for ranking in rankings]), axis=0)
    votes = np.array([ranking.votes(named) for ranking in rankings])
    rows = keep_apart(named, votes.sum(axis=0), count=count, max_iou=SAME_WINDOW)
    return named[rows], votes[:, rows]
