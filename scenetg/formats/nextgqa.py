"""NExT-GQA: `gsub_*.json` says where the evidence of each question is, `*.csv` what is asked.

gsub: `{VIDEO: {duration, fps, location: {QID: [[s, e], …]}}}`. csv: `video_id, question, answer, qid, type, a0…a4`.
A question's id is `VIDEO_QID`, as in the official prediction files.
"""

import csv
from pathlib import Path
from typing import Any

from grounder.errors import DatasetError
from scenetg.formats.label import Label
from scenetg.formats.row import Row, json_entries

SOURCE = "nextgqa"
OPTIONS = ("a0", "a1", "a2", "a3", "a4")
COLUMNS = ("video_id", "qid", "question", "answer", *OPTIONS)


def read(path: Path, companion: Path | None = None) -> list[Label]:
    """Read the questions of a csv with the evidence of its gsub file (`companion`)."""
    if companion is None:
        raise DatasetError(
            f"{path} says what is asked, not where the answer is seen. Give the gsub_*.json of its split, too."
        )
    evidence = {label.id: label for label in read_evidence(companion)}
    labels = []
    for row in _questions(path):
        question_id = f"{row.text('video_id')}_{row.text('qid')}"
        if question_id not in evidence:
            raise DatasetError(
                f"{row.place}: {companion} has no evidence of {question_id}. Give the gsub file of this split."
            )
        labels.append(_label(row, evidence[question_id]))
    return labels


def read_evidence(path: Path) -> list[Label]:
    """Read a gsub file alone: every question's windows, without its words."""
    labels = []
    for video, row in json_entries(path):
        duration, extra = row.number("duration"), row.rest("duration", "location")
        location = row.fields.get("location")
        if not isinstance(location, dict):
            row.wrong("location", "an object of question number to windows")
        places = Row(f"{row.place}.location", location)
        for number in location:
            windows = places.windows(number)
            name = f"{video}_{number}"
            place = f"{places.place}[{number!r}]"
            labels.append(
                Label(name, video, "", windows, SOURCE, place, duration, "qa", extra=extra)
            )
    return labels


def _questions(path: Path) -> list[Row]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            rows = [Row(f"{path}:{reader.line_num}", dict(fields)) for fields in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"Cannot read {path}: {error}. It must be a UTF-8 csv file.") from error
    for row in rows:
        if lacking := [name for name in COLUMNS if not isinstance(row.fields.get(name), str)]:
            row.wrong(lacking[0], f"a column of the csv, as are {', '.join(COLUMNS)}")
    return rows


def _label(row: Row, evidence: Label) -> Label:
    extra: dict[str, Any] = dict(evidence.extra) | row.rest(*COLUMNS, None)  # type: ignore[arg-type]  # csv's key of surplus cells
    return Label(
        id=evidence.id,
        video=evidence.video,
        query=row.text("question"),
        windows=evidence.windows,
        source=SOURCE,
        place=row.place,
        duration=evidence.duration,
        task="qa",
        question=row.text("question"),
        options=tuple(row.text(name) for name in OPTIONS),
        answer=row.text("answer"),
        extra=extra,
    )
