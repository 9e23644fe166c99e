"""Lists of fingerprints as files, so that a licensed evaluation set can be held against without its videos.

JSONL: a header, then one object a video. Pictures cannot be made again from the hashes.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from grounder.errors import DatasetError
from grounder.writing import replacing
from scenetg.formats.row import Row, jsonl_rows
from scenetg.overlap.hashing import RATE, SIZE, Fingerprint, Hashes

HEADER = {"format": "whenwhat fingerprints", "version": 1, "rate": RATE, "bits": 8 * SIZE}


@dataclass(frozen=True, slots=True, eq=False)
class EvaluationSet:
    """Videos that must not be trained on."""

    name: str
    fingerprints: Sequence[Fingerprint]


def write_list(path: Path, name: str, fingerprints: Iterable[Fingerprint]) -> int:
    """Write a list in one step and return how many videos it has."""
    count = 0
    with replacing(path) as part, part.open("w", encoding="utf-8") as output:
        output.write(json.dumps(HEADER | {"name": name}, ensure_ascii=False) + "\n")
        for one in fingerprints:
            record = {"video": one.name, "duration": one.duration, "hashes": packed(one.hashes)}  # fmt: skip
            output.write(json.dumps(record, ensure_ascii=False) + "\n")
            count += 1
    return count


def read_list(path: Path) -> EvaluationSet:
    """Read a list that `write_list` made.

    Raises:
        DatasetError: it is none, or one of other hashes; the message names the line.
    """
    rows = jsonl_rows(path)
    header = next(rows, None)
    if header is None or {name: header.fields.get(name) for name in HEADER} != HEADER:
        raise DatasetError(
            f"{path} does not begin as a list of fingerprints of this version. Make one of the videos with "
            "`whenwhat fingerprint VIDEOS --out FILE`, or name their folder."
        )
    return EvaluationSet(header.text("name"), [_read(row) for row in rows])


def packed(hashes: Hashes) -> str:
    """Return hashes as text."""
    return hashes.tobytes().hex()


def unpacked(text: str) -> Hashes:
    """Return the hashes of a text.

    Raises:
        ValueError: it holds no whole number of hashes.
    """
    return np.frombuffer(bytes.fromhex(text), np.uint8).reshape(-1, SIZE)


def _read(row: Row) -> Fingerprint:
    try:
        return Fingerprint(row.text("video"), row.number("duration"), unpacked(row.text("hashes")))
    except ValueError:
        row.wrong("hashes", f"hex digits, {2 * SIZE} for each picture")
