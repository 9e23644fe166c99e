"""A dataset as it lies in its folder: all that the page is made of is read from the files, so it can be made again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grounder.errors import DatasetError
from grounder.sample import Sample, read_samples
from scenetg.candidate import Candidate, Rejection
from scenetg.formats.row import json_document, jsonl_rows
from scenetg.line.splits import NAMES
from scenetg.output.files import CANDIDATES, MANIFEST, OVERLAP, REJECTED, THROUGHPUT
from scenetg.store.record import read_candidate


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """A candidate that is no row, or (without a candidate) a video that gives none."""

    rejection: Rejection
    video: str
    candidate: Candidate | None


@dataclass(frozen=True, slots=True)
class Written:
    """Everything that is in the folder."""

    folder: Path
    manifest: Mapping[str, Any]
    candidates: Sequence[Candidate]
    rows: Sequence[Sample] | None
    """Of all splits; None where no model was there to make rows."""
    turned_away: Sequence[TurnedAway]
    throughput: Mapping[str, Any]
    overlap: Mapping[str, Any] | None
    """None: it was held against nothing."""

    @property
    def spans(self) -> list[tuple[float, float, float]]:
        """(start, end, seconds of the video) of every place: of rows, or of candidates without them."""
        if self.rows is None:
            return [(one.span.start, one.span.end, one.duration) for one in self.candidates]
        return [(s.start, s.end, row.duration) for row in self.rows for s in row.spans]


def is_dataset(folder: Path) -> bool:
    """Tell whether a folder holds a dataset of `whenwhat scenetg`."""
    return (folder / MANIFEST).is_file() and (folder / REJECTED).is_file()


def read_written(folder: Path) -> Written:
    """Read the files of a dataset.

    Raises:
        DatasetError: one is missing or is not what `whenwhat scenetg` wrote.
    """
    if not is_dataset(folder):
        raise DatasetError(
            f"{folder} holds no dataset: {MANIFEST} and {REJECTED} are not both there. Name the --out "
            "of `whenwhat scenetg`, and let it finish."
        )
    manifest = json_document(folder / MANIFEST)
    try:
        rows = None if manifest["rows"] is None else _rows(folder)
        candidates = [read_candidate(row.fields) for row in jsonl_rows(folder / CANDIDATES)]
        turned_away = [_turned_away(row.fields) for row in jsonl_rows(folder / REJECTED)]
    except (KeyError, TypeError) as error:
        raise DatasetError(
            f"The files in {folder} are not those of one dataset ({error}). Build it again there: what "
            "was done is kept."
        ) from error
    overlap = json_document(folder / OVERLAP) if (folder / OVERLAP).is_file() else None
    throughput = json_document(folder / THROUGHPUT)
    return Written(folder, manifest, candidates, rows, turned_away, throughput, overlap)


def _rows(folder: Path) -> list[Sample]:
    return [row for split in NAMES for row in read_samples(folder / f"{split}.jsonl")]


def _turned_away(record: Mapping[str, Any]) -> TurnedAway:
    told = {name: record[name] for name in Rejection.__slots__ if name in record}
    if "candidate" not in record:
        return TurnedAway(Rejection(**told), record["video"], None)
    candidate = read_candidate(record["candidate"])
    return TurnedAway(Rejection(**told), candidate.video, candidate)
