"""The Ground-then-Answer tables of shards, put together row by row."""

from collections.abc import Sequence
from pathlib import Path

from grounder.errors import DatasetError
from scenetg.formats.row import json_document
from training.evaluate.answer_rows import Row
from training.evaluate.answer_table import TABLE
from training.evaluate.answering import GROUNDINGS
from training.evaluate.folder import RunFolder
from training.evaluate.found import appending_found, read_found
from training.evaluate.shards import merge


def hold_tables(shards: Sequence[Path]) -> bool:
    """Tell whether these are folders of tables, not of single runs."""
    return all((shard / TABLE).is_file() for shard in shards)


def merge_tables(shards: Sequence[Path], into: Path) -> tuple[dict[Row, RunFolder], int]:
    """Put all rows of all shards together; return their folders, and how many queries no row has.

    Raises:
        DatasetError: the shards have other rows, or those of one do not fit together (see `merge`).
    """
    tables = [json_document(shard / TABLE) for shard in shards]
    rows = [[Row(line["mode"], line["budget"]) for line in table["lines"]] for table in tables]
    if strange := next((n for n, one in enumerate(rows) if one != rows[0]), None):
        raise DatasetError(
            f"{shards[strange]} and {shards[0]} have other rows. Merge tables of the same --answers and --frames."
        )
    folders = {row: RunFolder(into / row.name) for row in rows[0]}
    for row, folder in folders.items():
        merge([RunFolder(shard / row.name) for shard in shards], folder)
    with appending_found(into / GROUNDINGS) as note:
        for shard in shards:
            for found in read_found(shard / GROUNDINGS).values():
                note(found)
    return folders, sum(table["left_out"] for table in tables)
