"""The step: the three votes on every query of a video, and what follows from them."""

from collections.abc import Sequence
from dataclasses import replace

from scenetg.asking.asker import Failure
from scenetg.candidate import Candidate, Outcome, sort_out
from scenetg.context import Context
from scenetg.queries.uniqueness import captions, looking, retrieval
from scenetg.queries.uniqueness.places import Case, Vector, case_of
from scenetg.queries.uniqueness.voting import Vote, Voter, decide, settle_twins

Ballots = list[dict[Voter, Vote | Failure]]
"""For each case, the votes cast so far."""


def uniqueness(candidates: Sequence[Candidate], context: Context) -> Outcome:
    """Keep the queries that are true at one place of their video, or at several that are confirmed.

    A query costs one request with captions (and each scene without a caption one with pictures, once), and
    one with pictures for its own place and each of the `rivals` and of the places that the captions name.
    """
    if not candidates:
        return Outcome()
    look = context.looks[candidates[0].video_id]
    cases = [case_of(one, candidates, look) for one in candidates]
    vectors = list(context.encoder.encode_texts([one.query or "" for one in candidates]))
    ballots = _votes(cases, vectors, context)
    results = [
        decide(_measured(case, vector), ballot, context.settings.uniqueness)
        for case, vector, ballot in zip(cases, vectors, ballots, strict=True)
    ]
    return sort_out(candidates, settle_twins(results))


def _votes(cases: Sequence[Case], vectors: Sequence[Vector], context: Context) -> Ballots:
    how = context.settings.uniqueness
    ballots: Ballots = [{} for _ in cases]
    if how.retrieval:
        for case, vector, ballot in zip(cases, vectors, ballots, strict=True):
            ballot["retrieval"] = retrieval.vote(case, vector, how)
    if how.captions:
        asker = context.need_asker()
        look = context.looks[cases[0].candidate.video_id]
        told = captions.video_captions(
            [case.candidate for case in cases], look, context.settings, asker
        )
        for ballot, vote in zip(
            ballots, captions.cast_votes(cases, told, context.settings, asker), strict=True
        ):
            ballot["captions"] = vote
    if how.looking:
        for ballot, vote in zip(ballots, _looks(cases, vectors, ballots, context), strict=True):
            ballot["looking"] = vote
    return ballots


def _looks(
    cases: Sequence[Case], vectors: Sequence[Vector], ballots: Ballots, context: Context
) -> list[Vote | Failure]:
    how = context.settings.uniqueness
    rivals = []
    for case, vector, ballot in zip(cases, vectors, ballots, strict=True):
        # Where the captions say that it fits, too, only a look can confirm it.
        named = ballot.get("captions")
        marked = sorted(named.places)[: how.most_places] if isinstance(named, Vote) else []
        near = retrieval.rivals(case, vector, how.rivals)
        rivals.append(list(dict.fromkeys([*marked, *near])))
    look = context.looks[cases[0].candidate.video_id]
    return looking.cast_votes(cases, rivals, look, context.settings, context.need_asker())


def _measured(case: Case, query: Vector) -> Case:
    measured = case.candidate.scored(margin=round(retrieval.margin(case, query), 4))
    return replace(case, candidate=measured)
