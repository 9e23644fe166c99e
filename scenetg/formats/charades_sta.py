"""Charades-STA: `VIDEO START END##QUERY` a line; the lengths are in `Charades_v1_{train,test}.csv`.

Ids are those of Time-R1: `charades_N`, counted video by video in order of first appearance.
"""

import csv
import math
import re
from pathlib import Path

from grounder.errors import DatasetError
from scenetg.formats.label import Label
from scenetg.formats.row import text_lines

SOURCE = "charades-sta"
LINE = re.compile(r"(?P<video>\S+)\s+(?P<start>\S+)\s+(?P<end>\S+?)##(?P<query>.*)")


def read(path: Path, companion: Path | None = None) -> list[Label]:
    """Read the annotations; `companion` is the csv with columns `id` and `length` (seconds)."""
    lengths = {} if companion is None else _lengths(companion)
    by_video: dict[str, list[Label]] = {}
    for place, line in text_lines(path):
        label = _label(place, line)
        if companion is not None and label.video not in lengths:
            raise DatasetError(
                f"{place}: {companion} has no length of {label.video}. Give the csv of this split."
            )
        by_video.setdefault(label.video, []).append(label)
    ordered = [label for labels in by_video.values() for label in labels]
    return [
        Label(
            id=f"charades_{number}",
            video=label.video,
            query=label.query,
            windows=label.windows,
            source=SOURCE,
            place=label.place,
            duration=lengths.get(label.video),
        )
        for number, label in enumerate(ordered)
    ]


def _label(place: str, line: str) -> Label:
    match = LINE.fullmatch(line)
    try:
        start, end = (float(match[name]) for name in ("start", "end")) if match else (math.nan,) * 2
    except ValueError:
        start = end = math.nan
    if match is None or not (math.isfinite(start) and math.isfinite(end)):
        raise DatasetError(
            f"{place}: {line[:80]!r} is no annotation; it must be `VIDEO START END##QUERY` in seconds. "
            "Correct the line."
        )
    return Label("", match["video"], match["query"].strip(), ((start, end),), SOURCE, place)


def _lengths(path: Path) -> dict[str, float]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return {row["id"]: float(row["length"]) for row in csv.DictReader(file)}
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise DatasetError(
            f"Cannot read {path}: {error!r}. It must be a csv with columns id and length in seconds."
        ) from error
