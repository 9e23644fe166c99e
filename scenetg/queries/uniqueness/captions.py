"""Vote ii: which captions of the whole video satisfy a query? It must be its own and no other."""

from collections.abc import Mapping, Sequence
from itertools import islice

from grounder.span import Span
from grounder.vlm import Sampling
from scenetg.asking.asker import Asker, Failure, json_reader
from scenetg.candidate import Candidate
from scenetg.prompts import MarkReply, mark_messages
from scenetg.queries.describe import ask_captions
from scenetg.queries.uniqueness.places import Case
from scenetg.queries.uniqueness.voting import Vote
from scenetg.settings import Settings
from scenetg.visual.look import Look

PURPOSE = "captions vote"
MAX_TOKENS = 200

Captions = Mapping[Span, str]
"""What each stretch of a video shows."""


def video_captions(
    candidates: Sequence[Candidate], look: Look, settings: Settings, asker: Asker
) -> Captions:
    """Return the captions of the candidates and of every scene; those that no step has asked for are asked for.

    A scene whose description cannot be read is left out: nobody knows what it shows.
    """
    known = {one.span: one.caption for one in candidates if one.caption is not None}
    lacking = [span for span in look.scenes if span not in known]
    told = ask_captions(look, lacking, settings, asker) if lacking else []
    return known | {
        span: caption
        for span, caption in zip(lacking, told, strict=True)
        if not isinstance(caption, Failure)
    }


def cast_votes(
    cases: Sequence[Case], captions: Captions, settings: Settings, asker: Asker
) -> list[Vote | Failure]:
    """Return the vote on each query: one request each without pictures, more where captions are many."""
    # In order of time: the own place must not stand out by where it is listed.
    listed = [
        sorted(place.span for place in (case.own, *case.others) if place.span in captions)
        for case in cases
    ]
    asked = [
        (case.candidate.query or "", [captions[span] for span in spans])
        for case, spans in zip(cases, listed, strict=True)
    ]
    marked = ask_marks(asked, asker, at_once=settings.uniqueness.captions_at_once)
    return [
        marks if isinstance(marks, Failure) else _vote(case, {spans[mark] for mark in marks})
        for case, spans, marks in zip(cases, listed, marked, strict=True)
    ]


def ask_marks(
    asked: Sequence[tuple[str, Sequence[str]]], asker: Asker, *, at_once: int
) -> list[set[int] | Failure]:
    """Return the positions of the captions that satisfy each query.

    Args:
        asked: queries, each with the captions it may be true of.
        asker: asks.
        at_once: most captions of one request.
    """
    pages = [
        (place, dict(islice(enumerate(captions, start=1), first, first + at_once)))
        for place, (_, captions) in enumerate(asked)
        for first in range(0, len(captions), at_once)
    ]
    prompts = (mark_messages(asked[place][0], page) for place, page in pages)
    sampling = Sampling(max_tokens=MAX_TOKENS)
    replies = asker.ask(PURPOSE, prompts, json_reader(MarkReply), sampling)
    marks: list[set[int] | Failure] = [set() for _ in asked]
    for (place, page), reply in zip(pages, replies, strict=True):
        marks[place] = _joined(marks[place], reply, page)
    return marks


def _joined(
    marks: set[int] | Failure, reply: MarkReply | Failure, page: Mapping[int, str]
) -> set[int] | Failure:
    if isinstance(marks, Failure):
        return marks
    if isinstance(reply, Failure):
        return reply
    if unknown := set(reply.fits) - page.keys():
        return Failure("unreadable reply", f"marks {sorted(unknown)}, which were not listed")
    return marks | {number - 1 for number in reply.fits}


def _vote(case: Case, fitting: set[Span]) -> Vote:
    others = (number for number, place in enumerate(case.others) if place.span in fitting)
    return Vote(case.own.span in fitting, frozenset(others))
