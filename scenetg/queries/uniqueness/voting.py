"""Voting: from what each vote says to unique, true at several confirmed places, or rejected."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from grounder.span import merge
from grounder.timetext import clock
from scenetg.asking.asker import Failure
from scenetg.candidate import Candidate, Rejection
from scenetg.queries.uniqueness.places import Case
from scenetg.settings import Uniqueness

STAGE = "uniqueness"
Voter = Literal["retrieval", "captions", "looking"]


@dataclass(frozen=True, slots=True)
class Vote:
    """Where one of the three says that a query fits."""

    found: bool
    """It fits its own place."""
    places: frozenset[int] = frozenset()
    """The others that it fits as well, by position in `Case.others`."""

    @property
    def unique(self) -> bool:
        """Whether it fits its own place and no other."""
        return self.found and not self.places


Votes = Mapping[Voter, Vote | Failure]
"""Of those that are held; a Failure where the model's reply could not be read."""


def decide(case: Case, votes: Votes, settings: Uniqueness) -> Candidate | Rejection:
    """Return the candidate with all its places, or why it is ambiguous.

    A look at its own place that does not see it is final. Another place is *confirmed* when the captions and
    the look both find the query there: then it becomes one of the row's spans, if no place is found by only
    one of the two. Without a confirmed place the majority counts. Where one of the two is not held, nothing
    can be confirmed.
    """
    cast = {name: vote for name, vote in votes.items() if isinstance(vote, Vote)}
    if "looking" in cast and not cast["looking"].found:
        return Rejection(STAGE, "not seen in its own place", detail=case.candidate.query or "")
    captions, looking = (cast.get(name, Vote(False)).places for name in ("captions", "looking"))
    unique = float(sum(vote.unique for vote in cast.values()))
    if confirmed := captions & looking:
        return _several(case, confirmed, (captions | looking) - confirmed, settings)
    needed = min(settings.votes, len(votes))
    if unique >= needed:
        return case.candidate.scored(unique_votes=unique)
    failures = [vote for vote in votes.values() if isinstance(vote, Failure)]
    if unique + len(failures) >= needed:
        return failures[0].rejection(STAGE)
    return Rejection(STAGE, "fits another place", unique, needed, _told(case, cast))


def settle_twins(results: Sequence[Candidate | Rejection]) -> list[Candidate | Rejection]:
    """Reject queries that stand twice in a video with other spans each, and the second of two alike."""
    spans_of: dict[str, set[object]] = {}
    for result in results:
        if isinstance(result, Candidate):
            spans_of.setdefault(_words(result), set()).add(result.spans)
    seen: set[str] = set()
    settled: list[Candidate | Rejection] = []
    for result in results:
        if isinstance(result, Candidate):
            words = _words(result)
            if len(spans_of[words]) > 1:
                result = Rejection(STAGE, "asked of two places", detail=result.query or "")
            elif words in seen:
                result = Rejection(STAGE, "asked before", detail=result.query or "")
            seen.add(words)
        settled.append(result)
    return settled


def _several(
    case: Case, confirmed: frozenset[int], doubtful: frozenset[int], settings: Uniqueness
) -> Candidate | Rejection:
    places = [case.others[number] for number in sorted(confirmed)]
    detail = _where(case, confirmed)
    if doubtful:
        detail = f"{detail}; in doubt {_where(case, doubtful)}"
        return Rejection(STAGE, "may fit other places, too", len(doubtful), 0, detail)
    if len(places) + 1 > settings.most_places:
        return Rejection(
            STAGE, "fits too many places", len(places) + 1, settings.most_places, detail
        )
    if any(place.kind != case.own.kind for place in places):
        return Rejection(STAGE, "fits a part of another scene", detail=detail)
    longest = max(place.span.duration for place in places)
    if longest > settings.longest_place:
        return Rejection(
            STAGE, "fits a place too long to be one", longest, settings.longest_place, detail
        )
    spans = tuple(merge([case.own.span, *(place.span for place in places)]))
    return replace(case.candidate, spans=spans).scored(places=float(len(spans)))


def _told(case: Case, cast: Mapping[Voter, Vote]) -> str:
    told = []
    for name, vote in cast.items():
        if vote.places:
            told.append(f"{name}: also {_where(case, vote.places)}")
        elif not vote.found:
            told.append(f"{name}: not at its own place")
    return "; ".join(told)


def _where(case: Case, places: frozenset[int]) -> str:
    return ", ".join(clock(case.others[number].span.start) for number in sorted(places))


def _words(candidate: Candidate) -> str:
    return " ".join((candidate.query or "").casefold().strip(" .!?").split())
