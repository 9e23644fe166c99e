"""Rows as Parquet, for `datasets` and every other reader; what has no fixed form is JSON text in them."""

import json
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grounder.errors import DatasetError, MissingDependency
from grounder.sample import Sample, from_row, to_row
from grounder.writing import replacing

if TYPE_CHECKING:
    from pyarrow import Schema

AS_TEXT = ("filters", "meta")
"""Fields whose keys differ from row to row."""


def check_parquet() -> None:
    """See that Parquet can be read and written, before the work begins.

    Raises:
        MissingDependency: it cannot.
    """
    if find_spec("pyarrow") is None:
        raise MissingDependency(
            "Parquet needs pyarrow, which comes with datasets. Install whenwhat[train], or use JSONL."
        )


def write_parquet(path: Path, samples: Iterable[Sample]) -> int:
    """Write rows in one step and return how many; every file has every column, be it empty."""
    from pyarrow import Table
    from pyarrow.parquet import write_table

    rows = [_flat(to_row(sample)) for sample in samples]
    with replacing(path) as part:
        write_table(Table.from_pylist(rows, schema=_schema()), part)
    return len(rows)


def read_parquet(path: Path) -> Iterator[Sample]:
    """Yield the rows of a file that `write_parquet` made.

    Raises:
        DatasetError: it cannot be read, or a row of it is none; the message names file and row.
    """
    from pyarrow import ArrowException
    from pyarrow.parquet import read_table

    try:
        rows = read_table(path).to_pylist()
    except (OSError, ArrowException) as error:
        raise DatasetError(f"Cannot read {path}: {error}. It must be a Parquet file.") from error
    for number, row in enumerate(rows):
        try:
            yield from_row(_deep(row))
        except ValueError as error:
            raise DatasetError(
                f"{path}, row {number}: {error}. The columns must be those of a row of whenwhat."
            ) from error


def _schema() -> "Schema":
    from pyarrow import float64, int64, list_, schema, string, struct

    rollouts = struct({"mean": float64(), "std": float64(), "n": int64()}.items())
    return schema(
        {
            **dict.fromkeys(("id", "video"), string()),
            "duration": float64(),
            "query": string(),
            "spans": list_(list_(float64())),
            **dict.fromkeys(("source", "split", "task", "license", "question"), string()),
            "options": list_(string()),
            "answer": string(),
            "difficulty": float64(),
            "rollouts": rollouts,
            **dict.fromkeys(("scene_id", *AS_TEXT), string()),
        }
    )


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    texts = {name: json.dumps(row[name], ensure_ascii=False) for name in AS_TEXT if name in row}
    return {**row, **texts}


def _deep(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row as in JSONL: an empty cell is a field that is not there."""
    there = {name: value for name, value in row.items() if value is not None}
    return {**there, **{name: json.loads(there[name]) for name in AS_TEXT if name in there}}
