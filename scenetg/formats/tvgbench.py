"""TVGBench: a JSON list of `{path, question, answer: "s-e", duration, source, qsemtype, …}`.

Ids are those of Time-R1: the name of the source file and the position, `Charades_sta_test_0`. Ends
of Charades rows pass the video by up to seconds; many Ego4D rows are points.
"""

import re
from pathlib import Path, PurePosixPath

from scenetg.formats.label import Label
from scenetg.formats.row import Row, json_rows

SOURCE = "tvgbench"
ANSWER = re.compile(r"(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)")
KNOWN = ("path", "question", "answer", "duration")


def read(path: Path, companion: Path | None = None) -> list[Label]:
    """Read the benchmark."""
    return [_label(row, number) for number, row in enumerate(json_rows(path))]


def _label(row: Row, number: int) -> Label:
    match = ANSWER.fullmatch(row.text("answer"))
    if match is None:
        row.wrong("answer", 'a text of two times in seconds, "START-END"')
    stem = re.sub(r"[.-]", "_", PurePosixPath(row.text("source")).stem)
    return Label(
        id=f"{stem}_{number}",
        video=row.text("path"),
        query=row.text("question"),
        windows=((float(match[1]), float(match[2])),),
        source=SOURCE,
        place=row.place,
        duration=row.number("duration"),
        extra=row.rest(*KNOWN),
    )
