"""Ground-then-Answer: the same questions answered over frames from different places, at equal budgets.

A folder of it holds `groundings.jsonl` (see `found`), `table.json` and one run folder for each row of the table,
`MODE-FRAMES`: so every row can be reported, scored again and compared like any other run.
"""

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from agent.answer import Usage
from agent.compose import compose
from agent.context import Context
from agent.modes import MODES, Mode
from agent.state import fresh_state
from grounder.errors import SpecError
from grounder.span import Span
from scenetg.formats import Label
from training.evaluate.engine import SAMPLE_ERRORS, Job, broken
from training.evaluate.folder import RunFolder
from training.evaluate.found import Found, found_line, look_for, read_found
from training.evaluate.prediction import Prediction
from training.evaluate.timing import Stopwatch
from training.evaluate.whole_agent import WholeAgent, prediction_of

GROUNDINGS = "groundings.jsonl"
OVER_FOUND = frozenset(["grounded", "grounded+context", "random-span"])
"""Modes that need the evidence to have been looked for."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table: where the frames come from, and how many there are at most."""

    mode: Mode
    frames: int

    @property
    def name(self) -> str:
        """Name of its run folder."""
        return f"{self.mode.replace('+', '-and-')}-{self.frames}"


def read_rows(modes: str, frames: str) -> list[Row]:
    """Read `uniform,grounded` and `8,32` as rows, all modes of one budget together.

    Raises:
        SpecError: a mode does not exist, or a budget is no number above 0.
    """
    named = [mode.strip() for mode in modes.split(",")]
    if strange := [mode for mode in named if mode not in MODES]:
        raise SpecError(f"No mode is called {strange[0]!r}. Choose from {', '.join(MODES)}.")
    budgets = [budget.strip() for budget in frames.split(",")]
    if wrong := [budget for budget in budgets if not budget.isdecimal() or int(budget) < 1]:
        raise SpecError(f"--frames holds {wrong[0]!r}; write numbers above 0, as in 8,16,32,64.")
    chosen = [mode for mode in MODES if mode in named]
    return [Row(mode, count) for count in sorted(set(map(int, budgets))) for mode in chosen]


def can_be_asked(label: Label) -> bool:
    """Tell whether a question fits every mode: a multiple choice with a known answer and known evidence."""
    shown = any(start < end for start, end in label.windows)
    return bool(label.options) and label.answer in label.options and shown


def answer_all(
    agent: WholeAgent,
    watch: Stopwatch,
    jobs: Sequence[Job],
    folder: Path,
    rows: Mapping[Row, RunFolder],
    *,
    seed: int,
    progress: Callable[[float], None],
) -> None:
    """Answer every question of the jobs in every row that lacks it, and keep each answer as it is made."""
    found = read_found(folder / GROUNDINGS)
    done = {
        row: {said.qid for said in run.predictions() if said.status != "error"}
        for row, run in rows.items()
    }
    number = 0
    with ExitStack() as stack:
        lines = {row: stack.enter_context(run.appending()) for row, run in rows.items()}
        notes = stack.enter_context((folder / GROUNDINGS).open("a", encoding="utf-8"))
        # A torn last line must not swallow the next.
        notes.write("\n")

        def note(one: Found) -> None:
            notes.write(found_line(one))
            notes.flush()
            found[one.qid] = one

        for job in jobs:
            asked = {
                label.id: [row for row in rows if label.id not in done[row]] for label in job.labels
            }
            for row, said in _answers(agent, watch, job, asked, found, note, seed=seed):
                lines[row].add(said)
                progress(number := number + 1)
            for line in lines.values():
                line.sync()


def _answers(
    agent: WholeAgent,
    watch: Stopwatch,
    job: Job,
    asked: Mapping[str, Sequence[Row]],
    found: Mapping[str, Found],
    note: Callable[[Found], None],
    *,
    seed: int,
) -> Iterator[tuple[Row, Prediction]]:
    """Yield the answers to the questions about one video."""
    watch.lap()
    begun = 0
    try:
        with agent.context(job.existing()) as context:
            for label in job.labels:
                begun += 1
                yield from _in_every_row(
                    label, asked[label.id], context, watch, found, note, seed=seed
                )
    except SAMPLE_ERRORS as error:
        for label in job.labels[begun:]:
            yield from ((row, broken(label, error)) for row in asked[label.id])


def _in_every_row(
    label: Label,
    rows: Sequence[Row],
    context: Context,
    watch: Stopwatch,
    found: Mapping[str, Found],
    note: Callable[[Found], None],
    *,
    seed: int,
) -> Iterator[tuple[Row, Prediction]]:
    try:
        if OVER_FOUND & {row.mode for row in rows} and label.id not in found:
            looked_for = look_for(label, context)
            note(replace(looked_for, seconds=watch.lap()))
    except SAMPLE_ERRORS as error:
        yield from ((row, broken(label, error)) for row in rows)
        return
    for row in rows:
        try:
            said = answer_over(label, row, context, found.get(label.id), seed=seed)
        except SAMPLE_ERRORS as error:
            said = broken(label, error)
        yield row, replace(said, seconds=watch.lap())
        watch.lap()  # what was done with it meanwhile is not its cost


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
