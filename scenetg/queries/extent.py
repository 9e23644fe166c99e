"""Extent: which part of each place shows its query; what is said of a stretch may be true of half of it.

Each place is looked at in several moments, spread evenly, and cut to those that show the query. Without this half
of the rows of several places in rendered worlds were whole scenes where the truth is a part of one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from grounder.span import Span
from scenetg.asking.asker import Failure
from scenetg.candidate import Candidate, Outcome, Rejection, sort_out
from scenetg.context import Context
from scenetg.queries.uniqueness.looking import ask_looks
from scenetg.settings import Extent
from scenetg.visual.look import Look

STAGE = "extent"
BLUR = 0.5
"""Seconds; at two pictures a second the end of an event is known no better."""


@dataclass(frozen=True, slots=True)
class Moments:
    """The stretches of one place that are looked at."""

    place: Span
    inside: tuple[Span, ...]
    """One of each part, rising."""
    beside: tuple[Span, ...]
    """Just before and after an event, in its own scene; a scene has none."""


def extent(candidates: Sequence[Candidate], context: Context) -> Outcome:
    """Cut the places of each row to where its query is seen, and drop rows that have no clear ones.

    `parts` requests with pictures for each place, and up to two more for an event.
    """
    how = context.settings.extent
    if not candidates or how.parts < 1:
        return Outcome(tuple(candidates))
    look = context.looks[candidates[0].video_id]
    chosen = [[moments(one, span, look, how) for span in one.spans] for one in candidates]
    asked = [
        (one.query or "", moment)
        for one, places in zip(candidates, chosen, strict=True)
        for place in places
        for moment in (*place.inside, *place.beside)
    ]
    answers = iter(ask_looks(asked, look, context.settings, context.need_asker(), count=how.frames))
    return sort_out(
        candidates,
        (_cut(one, places, answers, how) for one, places in zip(candidates, chosen, strict=True)),
    )


def moments(candidate: Candidate, place: Span, look: Look, settings: Extent) -> Moments:
    """Return what to look at of one place of a row."""
    step = place.duration / settings.parts
    half = min(step, settings.seconds) / 2
    middles = (place.start + (number + 0.5) * step for number in range(settings.parts))
    inside = tuple(Span(middle - half, middle + half) for middle in middles)
    if candidate.kind != "event":
        return Moments(place, inside, ())
    far = BLUR + settings.seconds
    around = (
        Span(place.start - far, place.start - BLUR),
        Span(place.end + BLUR, place.end + far),
    )
    scene = look.scenes[candidate.scene]
    beside = (part for one in around if (part := one.clip(scene)) is not None)
    return Moments(place, inside, tuple(part for part in beside if part.duration >= BLUR))


def seen_part(place: Span, seen: Sequence[bool], settings: Extent) -> Span | Rejection:
    """Return the stretch of a place that shows a query, or why there is none.

    One part alone between two others counts as they do: a single look may err.

    Args:
        place: what was looked at.
        seen: of each of its parts, whether the query is seen there.
        settings: how much of a place is enough.
    """
    around = zip((seen[0], *seen[:-1]), seen, (*seen[1:], seen[-1]), strict=True)
    runs = _runs([sum(three) >= 2 for three in around])
    if len(runs) > 1:
        return Rejection(STAGE, "seen in several parts of a place", len(runs), 1)
    length = runs[0][1] - runs[0][0] if runs else 0
    share = length / len(seen)
    if share < settings.least:
        return Rejection(STAGE, "seen in too little of a place", share, settings.least)
    step = place.duration / len(seen)
    first, end = runs[0]
    return Span(
        place.start + first * step if first else place.start,
        place.start + end * step if end < len(seen) else place.end,
    )


def _cut(
    candidate: Candidate,
    places: Sequence[Moments],
    answers: Iterator[bool | Failure],
    settings: Extent,
) -> Candidate | Rejection:
    # All are taken before any is judged: the next row's answers follow.
    told = [
        ([next(answers) for _ in one.inside], [next(answers) for _ in one.beside]) for one in places
    ]
    spans = []
    for one, (inside, beside) in zip(places, told, strict=True):
        for answer in (*inside, *beside):
            if isinstance(answer, Failure):
                return answer.rejection(STAGE)
        if any(beside):
            return Rejection(STAGE, "goes on beyond its ends", detail=candidate.query or "")
        part = seen_part(one.place, [answer is True for answer in inside], settings)
        if isinstance(part, Rejection):
            return replace(part, detail=candidate.query or "")
        spans.append(part)
    kept = sum(span.duration for span in spans) / sum(one.place.duration for one in places)
    return replace(candidate, spans=tuple(spans)).scored(extent=round(kept, 4))


def _runs(seen: Sequence[bool]) -> list[tuple[int, int]]:
    """Return first and end of each run of parts that show it."""
    runs = []
    for shows, group in groupby(range(len(seen)), key=lambda number: seen[number]):
        numbers = list(group)
        if shows:
            runs.append((numbers[0], numbers[-1] + 1))
    return runs
