"""The files of a dataset; each is written whole, and says the same however often the work was interrupted."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from grounder.sample import write_samples
from grounder.writing import replacing
from scenetg.asking.ledger import ledger_rows
from scenetg.line.order import Built, Order
from scenetg.line.overlapping import Compared
from scenetg.line.splits import NAMES
from scenetg.line.throughput import Throughput
from scenetg.output.manifest import manifest
from scenetg.output.parquet import write_parquet
from scenetg.output.rows import row_of
from scenetg.store.database import told_clearly
from scenetg.store.record import candidate_record, rejected_record, rejection_record

CANDIDATES = "candidates.jsonl"
REJECTED = "rejected.jsonl"
MANIFEST = "manifest.json"
OVERLAP = "overlap.json"
"""There once the videos were held against evaluation sets."""
THROUGHPUT = "throughput.json"
"""Apart from the manifest, because no two runs take the same time."""


def asked(order: Order) -> list[dict[str, object]]:
    """Return what models were asked for this dataset in all, one JSON object for each purpose."""
    return [] if order.asker is None else ledger_rows(order.asker.ledger.by_purpose)


def write_outputs(
    folder: Path, order: Order, built: Built, throughput: Throughput, *, parquet: bool
) -> dict[str, int] | None:
    """Write every file of a dataset; return the rows of each split, None without a model.

    Raises:
        BuildError: the folder cannot be written.
    """
    with told_clearly(folder):
        _write_lines(folder / CANDIDATES, map(candidate_record, built.candidates))
        _write_lines(folder / REJECTED, _rejections(built))
        counts = None if built.rows is None else _write_rows(folder, order, built, parquet=parquet)
        _write_json(folder / MANIFEST, manifest(order, built, counts))
        _write_json(folder / THROUGHPUT, {"stages": throughput.table(), "asked": asked(order)})
    return counts


def write_overlap(folder: Path, compared: Sequence[Compared]) -> None:
    """Write what was found of evaluation sets; without any, an older file goes: it is about other videos.

    Raises:
        BuildError: the folder cannot be written.
    """
    with told_clearly(folder):
        if compared:
            _write_json(folder / OVERLAP, {"sets": [asdict(one) for one in compared]})
        else:
            (folder / OVERLAP).unlink(missing_ok=True)


def _write_rows(folder: Path, order: Order, built: Built, *, parquet: bool) -> dict[str, int]:
    assert built.rows is not None  # asked by the caller
    rows = [row_of(row, order.licences, split=built.splits[row.video_id]) for row in built.rows]
    counts = {}
    for split in NAMES:
        mine = [row for row in rows if row.split == split]
        counts[split] = write_samples(folder / f"{split}.jsonl", mine)
        table = folder / f"{split}.parquet"
        if parquet and mine:
            write_parquet(table, mine)
        else:
            # One of an earlier run is of other rows, and `datasets` gives up on a split without any.
            table.unlink(missing_ok=True)
    return counts


def _rejections(built: Built) -> Iterable[dict[str, Any]]:
    """Yield the videos that were dropped, then the candidates, in order of id."""
    for video in built.dropped:
        yield {
            **rejection_record(video.rejection),
            "video_id": video.source.video_id,
            "video": str(video.source.path),
        }
    for one in sorted(built.rejected, key=lambda one: (one.candidate.id, one.rejection.stage)):
        yield rejected_record(one)


def _write_lines(path: Path, records: Iterable[Mapping[str, Any]]) -> None:
    with replacing(path) as part, part.open("w", encoding="utf-8") as output:
        for record in records:
            output.write(json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n")


def _write_json(path: Path, document: object) -> None:
    with replacing(path) as part:
        text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
        part.write_text(text + "\n", encoding="utf-8")
