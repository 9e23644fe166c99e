"""The Ground-then-Answer table: the same questions in every row, with what each row cost."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from scenetg.formats import Label
from training.evaluate.answer_rows import Row
from training.evaluate.answering import GROUNDINGS
from training.evaluate.folder import PREDICTIONS, RunFolder
from training.evaluate.found import read_found
from training.matching import match, under
from training.metrics.case import STRICT
from training.metrics.grounded_qa import intersection_over_prediction
from training.metrics.interval import intervals, mean
from training.predictions import read_predictions

TABLE = "table.json"
COLUMNS = {"accuracy": "Acc@QA", "acc_gqa": "Acc@GQA", "iop": "mIoP"}
"""Ours to those of `training.metrics.grounded_qa`: right; right with IoP of at least 0.5; IoP."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A mean over questions, in [0, 1], and where 95 % of draws of the videos lie."""

    value: float
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table."""

    mode: str
    budget: int
    """Frames that an answer may be made over."""
    questions: int
    accuracy: Rate
    acc_gqa: Rate
    iop: Rate
    frames: float
    """Shown for one answer, on average."""
    visual_tokens: float
    seconds: float
    """For one answer, on average, after the evidence was found."""
    failed: int
    """Answers that could not be read, or asked for."""


@dataclass(frozen=True, slots=True)
class Looking:
    """What finding the evidence took, once for all rows."""

    questions: int
    guessed: int
    """Nothing passed: the closest moment was taken."""
    frames: float
    """For one question, on average."""
    visual_tokens: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Table:
    """All rows."""

    benchmark: str
    system: str
    questions: int
    videos: int
    left_out: int
    """Rows of the benchmark that are no multiple choice with known answer and evidence."""
    looking: Looking | None
    lines: list[Line]

    def document(self) -> dict[str, object]:
        """Return the JSON form."""
        return {"status": "ok"} | asdict(self)


def table(
    folder: Path, rows: Mapping[Row, RunFolder], labels: Sequence[Label], *, left_out: int
) -> Table:
    """Read the run folders of all rows into one table."""
    run = next(iter(rows.values())).run()
    noted = read_found(folder / GROUNDINGS)
    # In the order of the questions: that of the notes is the workers', and so would be the last digits of a mean.
    found = [noted[label.id] for label in labels if label.id in noted]
    looking = None
    if found:
        looking = Looking(
            questions=len(found),
            guessed=sum(one.guessed for one in found),
            frames=_mean([one.frames for one in found]),
            visual_tokens=_mean([one.visual_tokens for one in found]),
            seconds=_mean([one.seconds.total for one in found]),
        )
    return Table(
        benchmark=run.benchmark,
        system=run.system,
        questions=len(labels),
        videos=len({label.video for label in labels}),
        left_out=left_out,
        looking=looking,
        lines=[_line(row, run_folder, labels) for row, run_folder in rows.items()],
    )


def markdown(made: Table) -> str:
    """Write the table for people, as Markdown."""
    lines = [
        f"{made.benchmark}: {made.questions} questions on {made.videos} videos, the same in every row"
        + (f"; {made.left_out} others lack options, answer or evidence" if made.left_out else ""),
        "",
        "| frames | mode | accuracy | Acc@GQA | IoP | shown | visual tokens | s | unread |",
        "|---" * 9 + "|",
    ]
    for line in made.lines:
        rates = " | ".join(map(_rate, (line.accuracy, line.acc_gqa, line.iop)))
        lines.append(
            f"| {line.budget} | {line.mode} | {rates} | {line.frames:.1f} | {line.visual_tokens:.0f} "
            f"| {line.seconds:.2f} | {line.failed} |"
        )
    if made.looking is not None:
        one = made.looking
        lines += [
            "",
            f"Finding the evidence, once a question: {one.frames:.1f} frames, {one.visual_tokens:.0f} visual tokens, "
            f"{one.seconds:.2f} s; nothing passed for {one.guessed} of {one.questions}, whose closest moment was taken.",
        ]
    return "\n".join(lines)


def _line(row: Row, run_folder: RunFolder, labels: Sequence[Label]) -> Line:
    cases = under(match(labels, read_predictions(run_folder.path / PREDICTIONS)), STRICT)
    columns = intersection_over_prediction(cases, STRICT, thresholds=(0.5,))
    videos = [label.video for label in labels]
    rates = {}
    for ours, name in COLUMNS.items():
        column = columns.get(name)
        bounds = None if column is None else intervals([column], videos)[0]
        # No answer to anything has no column: then nothing is right.
        value = 0.0 if column is None else mean(column) or 0.0
        rates[ours] = Rate(value, bounds or (value, value))
    said = run_folder.predictions()
    return Line(
        mode=row.mode,
        budget=row.frames,
        questions=len(labels),
        frames=_mean([one.frames for one in said]),
        visual_tokens=_mean([one.visual_tokens for one in said]),
        seconds=_mean([one.seconds.total for one in said]),
        failed=sum(one.status in {"failed", "error"} for one in said),
        **rates,
    )


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers) if numbers else 0.0


def _rate(rate: Rate) -> str:
    low, high = rate.interval
    return f"{rate.value:.3f} [{low:.2f}, {high:.2f}]"
