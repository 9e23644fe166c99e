"""Rows: everything that can be trained on or measured with one rendered video, in the unified form."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grounder.sample import Sample, Task
from grounder.span import Span
from scenetg.world.captions import caption_at, stretches
from scenetg.world.phrases import phrase
from scenetg.world.queries import altered, propose, refusals
from scenetg.world.query import Query
from scenetg.world.questions import ask
from scenetg.world.script import World
from scenetg.world.seeds import split_of
from scenetg.world.truth import is_clear, spans_of

SOURCE = "whenwhat-world"
LICENSE = "CC0-1.0"


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many rows of each task to make for a video; poor worlds give fewer."""

    ground: int = 8
    refuse: int = 2
    caption: int = 4
    verify: int = 4
    qa: int = 6
    said: int = 0
    """Queries about what is said; they need the `.srt`."""
    shots: bool = True


def rows(
    world: World,
    video: str,
    *,
    wanted: Wanted | None = None,
    kinds: Sequence[str] | None = None,
    questions: Sequence[str] | None = None,
    most_spans: int = 3,
    varied: bool = True,
) -> list[Sample]:
    """Return the rows of a world; the same arguments always give the same rows.

    Args:
        world: What the video shows.
        video: The path that the rows name.
        wanted: How many of each task.
        kinds: Kinds of queries (`queries.KINDS`); all by default.
        questions: Kinds of questions (`questions.QUESTIONS`); the usual ones by default.
        most_spans: The most spans of a grounding row.
        varied: Paraphrase; otherwise every query has its plain wording.
    """
    asked = wanted or Wanted()
    # Each task has its own dice, so that asking for more of one leaves the others as they are.
    ground, refuse, caption, verify, qa = (
        random.Random(f"{task} {world.seed}")
        for task in ("ground", "refuse", "caption", "verify", "qa")
    )
    writer = _Writer(world, video)
    proposals = propose(world, asked.ground, ground, kinds=kinds, most_spans=most_spans)
    made = [
        writer.row("ground", phrase(p.query, ground if varied else None), p.spans, p.kind, p.query)
        for p in proposals
    ]
    made += [
        writer.row(
            "ground", phrase(p.query, refuse if varied else None), (), f"absent {p.kind}", p.query
        )
        for p in refusals(world, asked.refuse, refuse, kinds=kinds)
    ]
    made += _captions(world, asked.caption, caption, writer)
    made += _verifications(world, asked.verify, verify, writer, kinds, varied)
    made += _questions(world, asked.qa, qa, writer, questions)
    made += _said(world, asked.said, writer)
    if asked.shots:
        spans = tuple(scene.span for scene in world.scenes)
        made.append(writer.row("shots", "every shot of the video", spans, "shots"))
    return made


class _Writer:
    """Numbers the rows of one video and fills in what they share."""

    def __init__(self, world: World, video: str) -> None:
        self._world, self._video = world, video
        self._numbers: dict[str, int] = {}

    def row(
        self,
        task: Task,
        query: str,
        spans: tuple[Span, ...],
        kind: str,
        meaning: Query | None = None,
        *,
        question: str | None = None,
        options: tuple[str, ...] = (),
        answer: str | None = None,
    ) -> Sample:
        """Build one row; `kind` and the query's meaning go into meta."""
        number = self._numbers[task] = self._numbers.get(task, -1) + 1
        meta = {"kind": kind, "seed": self._world.seed, "level": self._world.level.name}
        return Sample(
            id=f"world-{self._world.seed}-{task}-{number}",
            video=self._video,
            duration=self._world.duration,
            query=query,
            spans=spans,
            source=SOURCE,
            split=split_of(self._world.seed),
            license=LICENSE,
            task=task,
            question=question,
            options=options,
            answer=answer,
            meta=meta | ({"query": meaning.to_meta()} if meaning else {}),
        )


def _captions(world: World, count: int, dice: random.Random, writer: _Writer) -> Iterator[Sample]:
    spans = [span for scene in world.scenes for span in stretches(scene) if span.duration >= 1]
    for span in sorted(dice.sample(spans, min(count, len(spans)))):
        text = caption_at(world, span.start)
        yield writer.row(
            "caption", text, (span,), "caption", question="What is shown here?", answer=text
        )


def _verifications(
    world: World,
    count: int,
    dice: random.Random,
    writer: _Writer,
    kinds: Sequence[str] | None,
    varied: bool,
) -> Iterator[Sample]:
    """Yield statements about a stretch, true and false in turn; a false one is false in all of it."""
    for number, proposal in enumerate(propose(world, count, dice, kinds=kinds)):
        span, query = dice.choice(proposal.spans), proposal.query
        true = number % 2 == 0
        if query.order is not None:  # "for the first time" cannot be told from one stretch
            continue
        if not true:
            false = _false_in(world, span, query, dice)
            if false is None:
                continue
            query = false
        text = phrase(query, dice if varied else None)
        yield writer.row(
            "verify",
            text,
            (span,),
            proposal.kind,
            query,
            question=f"Is this true here: {text}?",
            options=("yes", "no"),
            answer="yes" if true else "no",
        )


def _false_in(world: World, span: Span, query: Query, dice: random.Random) -> Query | None:
    for _ in range(20):
        false = altered(query, world, dice)
        if is_clear(world, false) and not any(
            span.overlap(true) > 0 for true in spans_of(world, false)
        ):
            return false
    return None


def _questions(
    world: World,
    count: int,
    dice: random.Random,
    writer: _Writer,
    kinds: Sequence[str] | None,
) -> Iterator[Sample]:
    for question in ask(world, count, dice, kinds=kinds):
        parts = [question.query, *([question.second] if question.second else [])]
        yield writer.row(
            "qa",
            "; ".join(phrase(part) for part in parts),
            question.spans,
            question.kind,
            question.query,
            question=question.text,
            options=question.options,
            answer=question.answer,
        )


def _said(world: World, count: int, writer: _Writer) -> Iterator[Sample]:
    spoken: dict[str, list[Span]] = {}
    for remark in world.remarks:
        spoken.setdefault(f'{remark.speaker} says "{remark.text}"', []).append(remark.span)
    for query, spans in list(spoken.items())[:count]:
        yield writer.row("ground", query, tuple(spans), "said")
