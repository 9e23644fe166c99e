"""Vote iii: does a model that looks see a query at its own place, and at none of the most similar others?"""

from collections.abc import Iterator, Sequence

from grounder.span import Span
from grounder.vlm import Prompt, Sampling
from scenetg.asking.asker import Asker, Failure, json_reader
from scenetg.prompts import LookReply, look_messages
from scenetg.queries.clips import clips
from scenetg.queries.uniqueness.places import Case
from scenetg.queries.uniqueness.voting import Vote
from scenetg.settings import Settings
from scenetg.visual.look import Look

PURPOSE = "looking vote"
MAX_TOKENS = 40


def cast_votes(
    cases: Sequence[Case],
    rivals: Sequence[Sequence[int]],
    look: Look,
    settings: Settings,
    asker: Asker,
) -> list[Vote | Failure]:
    """Return the vote on each query: one request with pictures for its own place and for each rival.

    Args:
        cases: queries of one video.
        rivals: of each, the other places to look at, by position in `Case.others`.
        look: of the video.
        settings: how many pictures each place has.
        asker: asks.
    """
    asked = [
        (case.candidate.query or "", place.span)
        for case, chosen in zip(cases, rivals, strict=True)
        for place in (case.own, *(case.others[number] for number in chosen))
    ]
    seen = iter(ask_looks(asked, look, settings, asker, count=settings.uniqueness.frames))
    return [_vote(next(seen), {number: next(seen) for number in chosen}) for chosen in rivals]


def ask_looks(
    asked: Sequence[tuple[str, Span]],
    look: Look,
    settings: Settings,
    asker: Asker,
    *,
    count: int,
) -> list[bool | Failure]:
    """Return whether each stretch of a video shows its query; not to be sure is not to see it.

    One request with at most `count` pictures each.
    """
    if not asked:
        return []
    replies = asker.ask(
        PURPOSE,
        _prompts(asked, look, settings, asker, count=count),
        json_reader(LookReply),
        Sampling(max_tokens=MAX_TOKENS),
    )
    return [reply if isinstance(reply, Failure) else reply.seen == "yes" for reply in replies]


def _prompts(
    asked: Sequence[tuple[str, Span]],
    look: Look,
    settings: Settings,
    asker: Asker,
    *,
    count: int,
) -> Iterator[Prompt]:
    shown = clips(look, (span for _, span in asked), settings, count=count)
    for (query, _), frames in zip(asked, shown, strict=True):
        yield look_messages(query, frames, asker.vlm.adapter)


def _vote(own: bool | Failure, others: dict[int, bool | Failure]) -> Vote | Failure:
    for said in (own, *others.values()):
        if isinstance(said, Failure):
            return said
    return Vote(own is True, frozenset(number for number, seen in others.items() if seen is True))
