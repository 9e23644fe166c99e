"""Phrasing: from what a stretch shows to the query that asks for it; the model sees words alone."""

from collections.abc import Sequence
from dataclasses import replace

from grounder.vlm import Sampling
from scenetg.asking.asker import Failure, json_reader
from scenetg.candidate import Candidate, Outcome, Rejection, sort_out
from scenetg.context import Context
from scenetg.prompts import QueryReply, query_messages
from scenetg.queries.wording import STAGE, check_query
from scenetg.settings import Phrase


def phrase(candidates: Sequence[Candidate], context: Context) -> Outcome:
    """Write a query for each described candidate and check its words.

    One request each, without pictures.
    """
    how = context.settings.phrase
    sampling = Sampling(max_tokens=how.max_tokens, temperature=how.temperature)
    prompts = (query_messages(one.caption or "") for one in candidates)
    replies = context.need_asker().ask(STAGE, prompts, json_reader(QueryReply), sampling)
    return sort_out(
        candidates,
        (_phrased(one, reply, how) for one, reply in zip(candidates, replies, strict=True)),
    )


def check_rating(rating: int, settings: Phrase) -> int | Rejection:
    """Return the model's own rating, or why it is too low."""
    if rating < settings.least_rating:
        return Rejection(STAGE, "rated low by its writer", rating, settings.least_rating)
    return rating


def _phrased(
    candidate: Candidate, reply: QueryReply | Failure, settings: Phrase
) -> Candidate | Rejection:
    if isinstance(reply, Failure):
        return reply.rejection(STAGE)
    query = " ".join(reply.query.split()).rstrip(".")
    if (reason := check_query(query, candidate.caption or "", settings)) is not None:
        return replace(reason, detail=f"{reason.detail} in {query!r}" if reason.detail else query)
    rating = check_rating(reply.rating, settings)
    if isinstance(rating, Rejection):
        return replace(rating, detail=query)
    return replace(candidate, query=query, spans=(candidate.span,)).scored(rating=float(rating))
