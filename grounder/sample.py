"""Sample: one labelled row about one video, and its JSONL form (one JSON object per line).

Every importer writes it, every trainer and benchmark reads it. Times are seconds of the whole video.
"""

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from grounder.errors import DatasetError
from grounder.span import Span
from grounder.writing import replacing

Task = Literal["ground", "caption", "verify", "qa", "shots"]
"""What a row asks for: spans of a query; a caption, a yes/no or an answer about spans; all shots."""

TASKS: tuple[str, ...] = get_args(Task)
REQUIRED = ("id", "video", "duration", "query", "spans", "source")
END_TOLERANCE = 0.05
"""Seconds by which a span may end after the video; labels are often rounded to a tenth."""


@dataclass(frozen=True, slots=True)
class Rollouts:
    """How well a grounder did on a row when it tried several times; IoU in [0, 1]."""

    mean: float
    std: float
    count: int


@dataclass(frozen=True, slots=True)
class Sample:
    """One labelled row."""

    id: str
    """Unique in its dataset."""
    video: str
    """Path of the video, as written in the file; relative ones start at the file's folder."""
    duration: float
    """Seconds, > 0."""
    query: str
    """What to look for, in words."""
    spans: tuple[Span, ...]
    """Everywhere the query is true, in order and apart; none means that it never is."""
    source: str
    """Which dataset it comes from."""
    split: str = "train"
    license: str = ""
    task: Task = "ground"
    question: str | None = None
    options: tuple[str, ...] = ()
    answer: str | None = None
    """The answer in words; for a multiple choice one of `options`."""
    difficulty: float | None = None
    """0 (never found) to 100 (always found)."""
    rollouts: Rollouts | None = None
    scene_id: str | None = None
    filters: Mapping[str, float] = field(default_factory=dict)
    """Score of each check that the row passed."""
    meta: Mapping[str, Any] = field(default_factory=dict)
    """Whatever else the source knows; JSON values only."""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.duration) and self.duration > 0):
            raise ValueError(f"duration is {self.duration}; it must be seconds above 0.")
        if self.task not in TASKS:
            raise ValueError(f"task is {self.task!r}; known: {', '.join(TASKS)}.")
        for span in self.spans:
            if span.start < 0 or span.end > self.duration + END_TOLERANCE:
                raise ValueError(f"{span} lies outside the video of {self.duration} s.")
        if self.options and self.answer is not None and self.answer not in self.options:
            raise ValueError(f"answer {self.answer!r} is none of the options {self.options}.")

    @property
    def absent(self) -> bool:
        """Tell whether what the query describes never happens in the video."""
        return not self.spans


def read_samples(path: Path) -> Iterator[Sample]:
    """Yield the rows of a JSONL file; empty lines are skipped.

    Raises:
        DatasetError: the file is missing, or a line is no row; the message names file and line.
    """
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield _read_line(line, f"{path}:{number}")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(
            f"Cannot read {path}: {error}. It must be a UTF-8 JSONL file."
        ) from error


def read_distinct(path: Path) -> list[Sample]:
    """Return the rows of a JSONL file, each with an id of its own: what is noted of a row is noted by its id.

    Raises:
        DatasetError: the file cannot be read as `read_samples` does, or rows share an id.
    """
    samples = list(read_samples(path))
    counts = Counter(sample.id for sample in samples)
    shared = [one for one, count in counts.items() if count > 1]
    if shared:
        raise DatasetError(
            f"{path} has {counts[shared[0]]} rows of the id {shared[0]!r}; {len(shared)} ids are on several rows. "
            "Give each row an id of its own."
        )
    return samples


def write_samples(path: Path, samples: Iterable[Sample]) -> int:
    """Write rows as JSONL in one step (temporary file, then rename) and return how many."""
    count = 0
    with replacing(path) as part, part.open("w", encoding="utf-8") as output:
        for sample in samples:
            output.write(json.dumps(to_row(sample), ensure_ascii=False, allow_nan=False) + "\n")
            count += 1
    return count


def to_row(sample: Sample) -> dict[str, Any]:
    """Return the JSON object of a row; fields left at None or empty are left out."""
    row: dict[str, Any] = {
        "id": sample.id,
        "video": sample.video,
        "duration": sample.duration,
        "query": sample.query,
        "spans": [[span.start, span.end] for span in sample.spans],
        "source": sample.source,
        "split": sample.split,
        "task": sample.task,
    }
    optional = {
        "license": sample.license,
        "question": sample.question,
        "options": list(sample.options),
        "answer": sample.answer,
        "difficulty": sample.difficulty,
        "rollouts": sample.rollouts and _rollouts_row(sample.rollouts),
        "scene_id": sample.scene_id,
        "filters": dict(sample.filters),
        "meta": dict(sample.meta),
    }
    empty: tuple[object, ...] = (None, "", [], {})
    return row | {name: value for name, value in optional.items() if value not in empty}


def from_row(row: Mapping[str, Any]) -> Sample:
    """Build a row from its JSON object.

    Raises:
        ValueError: a field is missing, unknown or impossible; the message says which.
    """
    known = Sample.__dataclass_fields__
    if missing := [name for name in REQUIRED if name not in row]:
        raise ValueError(f"lacks {', '.join(missing)}")
    if unknown := [name for name in row if name not in known]:
        raise ValueError(f"has unknown fields {', '.join(unknown)}; what is extra goes into meta")
    values = dict(row)
    try:
        values["duration"] = float(values["duration"])
        values["spans"] = tuple(Span(float(start), float(end)) for start, end in row["spans"])
        values["options"] = tuple(map(str, row.get("options", ())))
        rollouts = row.get("rollouts")
        if rollouts is not None:
            mean, std, count = (rollouts[name] for name in ("mean", "std", "n"))
            values["rollouts"] = Rollouts(float(mean), float(std), int(count))
    except (TypeError, KeyError) as error:
        raise ValueError(f"has a field of the wrong form: {error}") from error
    return Sample(**values)


def _read_line(line: str, place: str) -> Sample:
    try:
        row = json.loads(line)
        if not isinstance(row, dict):
            raise ValueError(f"is {type(row).__name__}, no JSON object")
        return from_row(row)
    except ValueError as error:
        raise DatasetError(
            f"{place}: {error}. A row has at least {', '.join(REQUIRED)}; spans are [[start, end], …]."
        ) from error


def _rollouts_row(rollouts: Rollouts) -> dict[str, float]:
    return {"mean": rollouts.mean, "std": rollouts.std, "n": rollouts.count}
