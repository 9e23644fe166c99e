"""RunFolder: what one run of `whenwhat eval` leaves behind, file by file; reports and comparisons read nothing else.

| file                | what                                                                                    |
|---------------------|-----------------------------------------------------------------------------------------|
| `run.json`          | `Run`: benchmark, system, settings, models, versions, when it was begun; written whole    |
| `samples.jsonl`     | the queries, in order: rows of `grounder.sample`, but windows and durations as stated     |
| `predictions.jsonl` | one `Prediction` a line, as they are made; in the order of the queries once it is finished |
| `scores.json`       | the document of `whenwhat score --json`, with `throughput`; made anew whenever a run ends  |
| `report.html`       | the page of `whenwhat report`; made anew whenever a run ends                                |

A run that is killed may leave a torn last line, which counts as not written. A row of status `error` stays in every
denominator, and is asked again when the same command is run again: its cause (a missing video) may be gone.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from grounder.errors import DatasetError
from grounder.library.lock import exclusive
from grounder.writing import replacing
from scenetg.formats import Label
from scenetg.formats.row import json_document, jsonl_rows
from training.evaluate.prediction import Prediction, read_row, write_line
from training.evaluate.queries import Query, query_row, read_query

SCHEMA_VERSION = "1"
RUN, SAMPLES, PREDICTIONS, SCORES = "run.json", "samples.jsonl", "predictions.jsonl", "scores.json"
LOCK = ".lock"
CALIBRATED = (
    " Thresholds are those of `whenwhat calibrate --show`; None are those of the encoder's family."
)


@dataclass(frozen=True, slots=True)
class Run:
    """What was run; JSON values only."""

    benchmark: str
    system: str
    """Its spec with all settings, as `agent:encoder=conse,max_looks=5`."""
    annotations: str
    """The file the queries come from."""
    videos: str
    """The folder the videos are in."""
    split: str | None = None
    limit: int | None = None
    shard: str | None = None
    """`2/8`: the second of eight."""
    settings: Mapping[str, str | int | float | bool | None] = field(default_factory=dict)
    """Of the system, each by its name."""
    frames: int | None = None
    """The most frames an answer is made over; None where no answer is made."""
    seed: int = 0
    thresholds: Mapping[str, float] | None = None
    """Those that `whenwhat calibrate` has fitted, each by its name; None: those of the encoder's family."""
    models: Mapping[str, str] = field(default_factory=dict)
    """Role to model."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Package to version."""
    started: str = ""
    """Date and time, UTC."""
    schema_version: str = SCHEMA_VERSION


ASKED = (
    "benchmark", "system", "split", "limit", "shard", "settings", "frames", "seed", "thresholds",
)  # fmt: skip
"""Fields by which a run is told from another; the places of files and versions may change while it goes on."""


@dataclass(frozen=True, slots=True)
class RunFolder:
    """One folder of a run."""

    path: Path

    def begin(self, run: Run, queries: Sequence[Query]) -> None:
        """Make the folder, or go on in one that was begun with the same settings and queries.

        Raises:
            DatasetError: the folder holds another run; the message says what differs.
        """
        if (self.path / RUN).is_file():
            self._check(run, queries)
            return
        self.path.mkdir(parents=True, exist_ok=True)
        write_json_lines(self.path / SAMPLES, map(query_row, queries))
        write_json(self.path / RUN, asdict(run))

    @contextmanager
    def held(self, *, waiting: Callable[[], None]) -> Iterator[None]:
        """Hold the folder against other processes; `waiting` is called once if one of them has it."""
        with exclusive(self.path / LOCK, waiting=waiting):
            yield

    def run(self) -> Run:
        """Return what was run.

        Raises:
            DatasetError: the folder holds no run, or one of another version.
        """
        if not (self.path / RUN).is_file():
            raise DatasetError(f"{self.path} holds no run: {RUN} is not there. {self._remedy()}")
        document = json_document(self.path / RUN)
        try:
            run = Run(**document)
        except TypeError as error:
            raise DatasetError(f"{self.path / RUN} is no run of this program ({error}).") from error
        if run.schema_version != SCHEMA_VERSION:
            raise DatasetError(
                f"{self.path} was made by another version: schema {run.schema_version}, here {SCHEMA_VERSION}. "
                "Run it again."
            )
        return run

    def _remedy(self) -> str:
        """Return what to name in place of a folder without a run."""
        inside = sorted(file.parent.name for file in self.path.glob(f"*/{RUN}"))
        if inside:
            # Of a Ground-then-Answer table, each row is a run.
            return f"Runs are in the folders inside it; name one: {', '.join(inside)}."
        return f"Make one: whenwhat eval BENCHMARK --out {self.path}"

    def queries(self) -> list[Query]:
        """Return the queries, in order."""
        return [read_query(row.fields, row.place) for row in jsonl_rows(self.path / SAMPLES)]

    def labels(self) -> list[Label]:
        """Return the labels of the queries, in order."""
        return [query.label for query in self.queries()]

    def predictions(self) -> list[Prediction]:
        """Return what is there, in the order of the file; of several lines for one query the last counts."""
        file = self.path / PREDICTIONS
        if not file.is_file():
            return []
        rows: dict[str, Prediction] = {}
        for number, line in enumerate(file.read_bytes().split(b"\n"), start=1):
            if (row := _whole_row(line)) is not None:
                said = read_row(row, f"{file}:{number}")
                rows.pop(said.qid, None)
                rows[said.qid] = said
        return list(rows.values())

    def finished(self) -> set[str]:
        """Return the queries that need not be asked again."""
        return {said.qid for said in self.predictions() if said.status != "error"}

    @contextmanager
    def appending(self) -> Iterator["Appender"]:
        """Open the predictions for more lines; what is torn at their end is cut off before."""
        file = self.path / PREDICTIONS
        kept = file.read_bytes() if file.is_file() else b""
        with file.open("ab") as output:
            output.truncate(kept.rfind(b"\n") + 1)
            yield Appender(output)

    def keep(self, predictions: Iterable[Prediction]) -> None:
        """Replace the predictions by these, at once."""
        with replacing(self.path / PREDICTIONS) as part, part.open("w", encoding="utf-8") as output:
            output.writelines(map(write_line, predictions))

    def write_scores(self, document: Mapping[str, object]) -> None:
        """Write the scores, at once."""
        write_json(self.path / SCORES, document)

    def _check(self, run: Run, queries: Sequence[Query]) -> None:
        found, wanted = asdict(self.run()), asdict(run)
        told = [
            f"{name} {found[name]!r}, not {wanted[name]!r}"
            for name in ASKED
            if found[name] != wanted[name]
        ]
        kept = (self.path / SAMPLES).read_text(encoding="utf-8").splitlines()
        if not told and kept != [json_line(query_row(query)) for query in queries]:
            told = [f"other queries than {run.annotations} holds now"]
        if told:
            raise DatasetError(
                f"{self.path} was begun with {'; '.join(told)}. Use the same settings, or another folder with --out."
                + (CALIBRATED if found["thresholds"] != wanted["thresholds"] else "")
            )


@dataclass(frozen=True, slots=True)
class Appender:
    """Writes predictions at the end of an open file."""

    output: BinaryIO

    def add(self, prediction: Prediction) -> None:
        """Write one line; a process that is killed afterwards has written it."""
        self.output.write(write_line(prediction).encode())
        self.output.flush()

    def sync(self) -> None:
        """Wait until all lines are on the disk: now they outlive the machine, too."""
        os.fsync(self.output.fileno())


def write_json(path: Path, document: Mapping[str, object]) -> None:
    """Write one JSON document, at once."""
    with replacing(path) as part:
        text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
        part.write_text(text + "\n", encoding="utf-8")


def write_json_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write JSON objects, one a line, at once."""
    with replacing(path) as part, part.open("w", encoding="utf-8") as output:
        output.writelines(json_line(row) + "\n" for row in rows)


def json_line(row: Mapping[str, Any]) -> str:
    """Return an object as one line; ASCII only, as other line breaks than ours must not part it."""
    return json.dumps(row)


def _whole_row(line: bytes) -> dict[str, Any] | None:
    """Return the object of a line; None where a kill has torn it."""
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None
