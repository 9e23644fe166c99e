"""Vote i: does the encoder find a query's own place, by a margin, among all scenes of the video?"""

import numpy as np

from scenetg.queries.uniqueness.places import Case, Vector
from scenetg.queries.uniqueness.voting import Vote
from scenetg.settings import Uniqueness


def margin(case: Case, query: Vector) -> float:
    """Return how much nearer (cosine) a query is to its own place than to any other; 2 where there is none."""
    if not case.others:
        return 2.0
    return float(case.own.vector @ query - max(place.vector @ query for place in case.others))


def vote(case: Case, query: Vector, settings: Uniqueness) -> Vote:
    """Return the vote: a place counts as fitting when it comes within the margin of its own."""
    own = float(case.own.vector @ query)
    near = (
        number
        for number, place in enumerate(case.others)
        if own - float(place.vector @ query) < settings.margin
    )
    return Vote(margin(case, query) >= 0, frozenset(near))


def rivals(case: Case, query: Vector, count: int) -> list[int]:
    """Return the `count` most similar other places: those nearest to its own or to its words, in turn."""
    if not case.others:
        return []
    vectors = np.stack([place.vector for place in case.others])
    ranks = np.stack([_ranks(vectors @ case.own.vector), _ranks(vectors @ query)])
    order = np.lexsort((ranks.sum(axis=0), ranks.min(axis=0)))
    return [int(number) for number in order[:count]]


def _ranks(similarities: Vector) -> Vector:
    ranks = np.empty(len(similarities), np.float32)
    ranks[np.argsort(-similarities, kind="stable")] = np.arange(len(similarities))
    return ranks
