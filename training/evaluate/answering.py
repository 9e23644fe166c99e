"""Ground-then-Answer: the same questions answered over frames from different places, at equal budgets.

A folder of it holds `groundings.jsonl` (see `found`), `table.json` and one run folder for each row of the table,
`MODE-FRAMES`: so every row can be reported, scored again and compared like any other run.
"""

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from agent.answer import Usage
from agent.compose import compose
from agent.context import Context
from agent.state import fresh_state
from grounder.span import Span
from scenetg.formats import Label
from training.evaluate.answer_rows import OVER_FOUND, Row
from training.evaluate.engine import SAMPLE_ERRORS, Engine, Job, broken
from training.evaluate.folder import RunFolder
from training.evaluate.found import Found, appending_found, look_for, read_found
from training.evaluate.prediction import Prediction
from training.evaluate.run import jobs_of
from training.evaluate.specs import AgentSpec
from training.evaluate.systems import Setup
from training.evaluate.timing import Stopwatch
from training.evaluate.whole_agent import WholeAgent, prediction_of

GROUNDINGS = "groundings.jsonl"


@dataclass(frozen=True, slots=True)
class Questions(Job):
    """One video and the questions about it."""

    rows: Mapping[str, tuple[Row, ...]]
    """Question to the rows that it is to be answered in."""
    found: Mapping[str, Found]
    """Question to its evidence, where that has been looked for."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One question answered in one row."""

    row: Row
    said: Prediction


Piece = Found | Answered


@dataclass(frozen=True, slots=True)
class Answering:
    """Answers each question of one video after the other in all its rows (see `Errand`)."""

    spec: AgentSpec
    setup: Setup

    def prepare(self) -> Callable[[Questions], Iterator[Piece]]:
        """Load the encoder and the models."""
        watch = Stopwatch()
        agent = WholeAgent(self.spec, self.setup, watch)
        return partial(_pieces, agent, watch, seed=self.setup.seed)

    def rest(self, job: Questions, made: Sequence[Piece]) -> Questions | None:
        """Return the questions with the rows that lack their answer, and what has been found."""
        found = {piece.qid: piece for piece in made if isinstance(piece, Found)}
        done = {(piece.said.qid, piece.row) for piece in made if isinstance(piece, Answered)}
        rows = {
            qid: tuple(row for row in wanted if (qid, row) not in done)
            for qid, wanted in job.rows.items()
        }
        labels = tuple(label for label in job.labels if rows[label.id])
        return (
            replace(job, labels=labels, rows=rows, found={**job.found, **found}) if labels else None
        )

    def lost(self, job: Questions, error: Exception) -> Iterator[Piece]:
        """Yield an error for each question in each row."""
        for label in job.labels:
            yield from _broken(label, job.rows[label.id], error)


def open_questions(
    place: Path, folders: Mapping[Row, RunFolder], labels: Sequence[Label], videos: Path
) -> list[Questions]:
    """Return, by video, the questions that some row has no answer to yet, or one of status `error`."""
    found = read_found(place / GROUNDINGS)
    done = {row: folder.finished() for row, folder in folders.items()}
    rows = {
        label.id: tuple(row for row in folders if label.id not in done[row]) for label in labels
    }
    return [
        Questions(
            job.video,
            job.file,
            job.labels,
            {label.id: rows[label.id] for label in job.labels},
            {label.id: found[label.id] for label in job.labels if label.id in found},
        )
        for job in jobs_of([label for label in labels if rows[label.id]], videos)
    ]


def answer_open(
    place: Path,
    folders: Mapping[Row, RunFolder],
    jobs: Sequence[Questions],
    errand: Answering,
    engine: Engine,
    progress: Callable[[float], None],
) -> None:
    """Answer the questions of jobs in their rows, and keep what is found and each answer as it is made."""
    last_of_video = {job.labels[-1].id for job in jobs}
    number = 0
    with ExitStack() as stack:
        lines = {row: stack.enter_context(run.appending()) for row, run in folders.items()}
        note = stack.enter_context(appending_found(place / GROUNDINGS))
        for piece in engine(errand, jobs):
            if isinstance(piece, Found):
                note(piece)
                continue
            lines[piece.row].add(piece.said)
            if piece.said.qid in last_of_video:
                lines[piece.row].sync()
            progress(number := number + 1)


def _pieces(agent: WholeAgent, watch: Stopwatch, job: Questions, *, seed: int) -> Iterator[Piece]:
    """Yield what is found for the questions about one video, and their answers."""
    watch.lap()
    begun = 0
    try:
        with agent.context(job.existing()) as context:
            for label in job.labels:
                begun += 1
                rows, found = job.rows[label.id], job.found.get(label.id)
                yield from _in_every_row(label, rows, found, context, watch, seed=seed)
    except SAMPLE_ERRORS as error:
        for label in job.labels[begun:]:
            yield from _broken(label, job.rows[label.id], error)


def _in_every_row(
    label: Label,
    rows: Sequence[Row],
    found: Found | None,
    context: Context,
    watch: Stopwatch,
    *,
    seed: int,
) -> Iterator[Piece]:
    if found is None and OVER_FOUND & {row.mode for row in rows}:
        try:
            found = replace(look_for(label, context), seconds=watch.lap())
        except SAMPLE_ERRORS as error:
            yield from _broken(label, rows, error)
            return
        yield found
        watch.lap()  # what was done with it meanwhile is not its cost
    for row in rows:
        try:
            said = answer_over(label, row, context, found, seed=seed)
        except SAMPLE_ERRORS as error:
            said = broken(label, error)
        yield Answered(row, replace(said, seconds=watch.lap()))
        watch.lap()  # the same


def _broken(label: Label, rows: Sequence[Row], error: Exception) -> Iterator[Answered]:
    return (Answered(row, broken(label, error)) for row in rows)


def answer_over(
    label: Label, row: Row, context: Context, found: Found | None, *, seed: int
) -> Prediction:
    """Answer a question in one mode with one budget, over the evidence that was found, or given by its label.

    Raises:
        ValueError: the label's evidence lies outside the video.
        BackendError, VideoError: as `agent.ask`.
    """
    given = true_spans(label, context.span) if row.mode == "given-span" else []
    state = fresh_state(
        label.question or label.query,
        options=label.options,
        goal="answer",
        mode=row.mode,
        # Each question has places of its own, the same ones in every run and shard.
        seed=zlib.crc32(f"{seed} {label.id}".encode()),
        video_id=context.indexed.video_id,
        wanted=1,
        given=given,
    )
    if row.mode in OVER_FOUND and found is not None:
        state["evidence"] = found.evidence
    budget = replace(context.budget, answer_frames=row.frames, frames=None)
    composed = compose(state, replace(context, budget=budget))
    usage = Usage(frames=composed.cost.frames, visual_tokens=composed.cost.visual_tokens)
    return prediction_of(replace(composed.answer, usage=usage), label, guess=False)


def true_spans(label: Label, video: Span) -> list[Span]:
    """Return the label's evidence inside the video, as it is stated: spans that touch stay two.

    Raises:
        ValueError: there is none.
    """
    stated = [Span(start, end).clip(video) for start, end in label.windows if start < end]
    spans = [span for span in stated if span is not None]
    if not spans:
        raise ValueError(f"The evidence of {label.id} lies outside its video of {video.end:.1f} s.")
    return spans
