"""Judging: whether a built row says of a rendered video what is true of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grounder.span import Span
from scenetg.candidate import Candidate
from scenetg.line.order import Built
from scenetg.world import World
from scenetg.world.truth import spans_of
from training.truth.describer import meaning_of

STAGE = "uniqueness"
MATCH = 0.7
"""Overlap (IoU) from which a span of a row is one of the truth: its ends may be a little off."""
QUOTE = "'"


@dataclass(frozen=True, slots=True)
class Judged:
    """A query that came to the uniqueness filter, or a refusal row."""

    video: str
    kept: bool
    leaks: bool
    """It says when it happens."""
    true: tuple[Span, ...]
    """Everywhere that it is true."""
    own: bool
    """It is true at its own place and no other."""
    right: bool
    """The row's spans are the true ones (a refusal's: none)."""
    several: bool
    """The row has more than one span."""


def judge_queries(built: Built, worlds: Mapping[str, World]) -> list[Judged]:
    """Return every query that reached the filter, kept or not."""
    rows = [one for one in built.rows or () if one.task == "ground" and one.spans]
    gone = [one.candidate for one in built.rejected if one.rejection.stage == STAGE]
    return [
        judge(one, worlds[one.video], kept=kept)
        for group, kept in ((rows, True), (gone, False))
        for one in group
    ]


def judge_refusals(built: Built, worlds: Mapping[str, World]) -> list[Judged]:
    """Return every refusal row."""
    rows = [one for one in built.rows or () if one.task == "ground" and not one.spans]
    return [judge(one, worlds[one.video], kept=True) for one in rows]


def judge(candidate: Candidate, world: World, *, kept: bool) -> Judged:
    """Hold one row, or one rejected query, against the truth."""
    meaning, leak = meaning_of(candidate.query or "")
    true = tuple(spans_of(world, meaning))
    return Judged(
        candidate.video,
        kept,
        leak,
        true,
        own=same([candidate.span], true),
        right=same(candidate.spans, true),
        several=len(candidate.spans) > 1,
    )


def same(spans: Sequence[Span], true: Sequence[Span]) -> bool:
    """Tell whether spans are the true ones, one for one, each with an IoU of at least `MATCH`."""
    return len(spans) == len(true) and all(
        one.iou(other) >= MATCH for one, other in zip(spans, true, strict=True)
    )


def written(built: Built) -> list[tuple[str, bool]]:
    """Return video and leak of every query that the model wrote, those that the rules refused too."""
    queries = [
        (one.candidate.video, one.candidate.query or _refused(one.rejection.detail))
        for one in built.rejected
        if one.rejection.stage in (STAGE, "phrase")
    ]
    queries += [(one.video, one.query or "") for one in built.rows or () if one.spans]
    return [(video, meaning_of(query)[1]) for video, query in queries]


def _refused(detail: str) -> str:
    """Return the query in the detail of a rejection: `after in 'a red square spins after …'`."""
    return detail.split(QUOTE)[1] if QUOTE in detail else detail
