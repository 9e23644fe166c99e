"""Importing and exporting: other people's files to rows and back, with nothing lost and nothing bent.

What a format has no place for rides along in one extra field, `whenwhat`: a JSON text (so that readers
which infer a schema see one column of one type) of exactly the fields that reading the row back would miss.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from grounder.errors import DatasetError
from grounder.sample import Sample, from_row, to_row
from grounder.writing import replacing
from scenetg.formats.label import Label, sample_of
from scenetg.formats.row import Row, json_rows, jsonl_rows

REST = "whenwhat"
UNKNOWN = "\0"
"""Stands for what no format tells: the split, and the id where a format has none."""


Layout = Literal["json", "jsonl"]
"""One list of objects, or one object a line."""
Joined = Callable[[Iterable[dict[str, Any]]], Iterator[dict[str, Any]]]
"""From rows to the entries of a file."""


@dataclass(frozen=True, slots=True)
class Format:
    """How one kind of file is read and, where trainers read it, written."""

    name: str
    read: Callable[[Path, Path | None], list[Label]]
    """From a file (and its companion) to its labels."""
    companion: str = ""
    """What a second file is for, where the first does not tell everything."""
    labels_of: Callable[[Row], list[Label]] | None = None
    row_of: Callable[[Sample], dict[str, Any]] | None = None
    """Raises ValueError for a row that the format cannot hold."""
    joined: Joined = iter
    layout: Layout = "jsonl"


def trainer_format(
    name: str,
    labels_of: Callable[[Row], list[Label]],
    row_of: Callable[[Sample], dict[str, Any]],
    *,
    joined: Joined = iter,
    layout: Layout = "jsonl",
) -> Format:
    """Return a format that is written as well as read, entry by entry."""
    entries = json_rows if layout == "json" else jsonl_rows

    def read(path: Path, companion: Path | None = None) -> list[Label]:
        return [label for row in entries(path) for label in labels_of(row)]

    return Format(name, read, "", labels_of, row_of, joined, layout)


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that could not be taken over, and why."""

    place: str
    """File and line of a label, or the id of a row."""
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


def import_samples(
    form: Format,
    path: Path,
    *,
    split: str,
    companion: Path | None = None,
    locate: Callable[[str], str] = str,
    measure: Callable[[str], float] | None = None,
) -> tuple[list[Sample], list[Refused]]:
    """Read a file as training rows; labels that cannot be rows are returned beside them, with the reason.

    Args:
        form: which format it is.
        path: the file.
        split: of the rows that do not name their own.
        companion: the second file, see `Format.companion`.
        locate: from the name of a video in the file to its path; raises ValueError where there is none.
        measure: from the path of a video to its seconds, for labels that do not tell them; raises
            ValueError where it cannot.

    Raises:
        DatasetError: the file is not of this format; the message names file and line.
    """
    samples, refused = [], []
    for number, label in enumerate(form.read(path, companion)):
        try:
            video = locate(label.video)
            if label.duration is None and measure is not None:
                label = replace(label, duration=measure(video))
            sample = _sample(label, split=split, identifier=f"{form.name}-{number}")
        except ValueError as error:
            refused.append(Refused(label.place, str(error)))
        else:
            samples.append(replace(sample, video=video))
    return samples, refused


def export_samples(form: Format, path: Path, samples: Sequence[Sample]) -> list[Refused]:
    """Write rows in a trainer's format in one step; rows it cannot hold are returned with the reason.

    Where it can hold none of them, `path` stays as it was.

    Raises:
        DatasetError: the format is only read, not written.
    """
    if form.row_of is None:
        raise DatasetError(
            f"{form.name} is only read here. Write time-r1, tvg-r1, museg, timelens, qvhighlights or qwen."
        )
    rows, refused = [], []
    for sample in samples:
        try:
            rows.append(_row(form, sample))
        except ValueError as error:
            refused.append(Refused(sample.id, str(error)))
    if rows or not refused:
        _write(path, form.joined(rows), form.layout)
    return refused


def _sample(label: Label, *, split: str, identifier: str) -> Sample:
    text = label.extra.get(REST)
    if text is None:
        return sample_of(replace(label, id=label.id or identifier), split=split)
    extra = {name: value for name, value in label.extra.items() if name != REST}
    native = to_row(sample_of(replace(label, id=label.id or UNKNOWN, extra=extra), split=UNKNOWN))
    rest = json.loads(str(text))
    if not isinstance(rest, dict):
        raise ValueError(
            f"`{REST}` is {str(text)[:60]!r}; it must be a JSON object, as it was written here."
        )
    return from_row({name: value for name, value in (native | rest).items() if value is not None})


def _row(form: Format, sample: Sample) -> dict[str, Any]:
    if form.row_of is None or form.labels_of is None:
        raise TypeError(f"{form.name} has no row_of and labels_of")
    row = form.row_of(sample)
    [label] = form.labels_of(Row(sample.id, row))
    native = to_row(sample_of(replace(label, id=label.id or UNKNOWN), split=UNKNOWN))
    wanted = to_row(sample)
    rest = {
        name: wanted.get(name) for name in native | wanted if native.get(name) != wanted.get(name)
    }
    whole = row | {REST: json.dumps(rest, ensure_ascii=False, allow_nan=False)}
    # Half a surrogate pair is a str, but no text: here it is one row's fault, when writing it would be the file's.
    json.dumps(whole, ensure_ascii=False, allow_nan=False).encode("utf-8")
    return whole


def _write(path: Path, rows: Iterable[dict[str, Any]], layout: str) -> None:
    with replacing(path) as part, part.open("w", encoding="utf-8") as output:
        if layout == "json":
            json.dump(list(rows), output, ensure_ascii=False, allow_nan=False, indent=1)
        else:
            output.writelines(
                json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in rows
            )
