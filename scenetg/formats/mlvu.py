"""MLVU (dev): one JSON list a task, `json/1_plotQA.json` to `json/7_topic_reasoning.json`.

An entry is `{video, duration, question, candidates, answer, question_type}`; the answer is in words. The two
tasks of generation (`8_sub_scene`, `9_summary`) are judged by a language model and are not read.
"""

from pathlib import Path

from scenetg.formats.label import Label
from scenetg.formats.row import Row, json_rows

SOURCE = "mlvu"
CHOICES = "[1-7]_*.json"
KNOWN = ("video", "duration", "question", "candidates", "answer", "question_id")


def read(path: Path, companion: Path | None = None) -> list[Label]:
    """Read the task of a file and those of its neighbours: the benchmark is their mean."""
    files = sorted(path.parent.glob(CHOICES)) if path.match(CHOICES) else [path]
    return [
        _label(row, number)
        for file in files or [path]
        for number, row in enumerate(json_rows(file))
    ]


def _label(row: Row, number: int) -> Label:
    options, answer = tuple(map(str, row.entries("candidates"))), row.text("answer")
    if answer not in options:
        row.wrong("answer", "one of the candidates")
    given = "question_id" in row.fields
    return Label(
        id=row.text("question_id") if given else f"{row.text('question_type')}_{number}",
        video=row.text("video"),
        query=row.text("question"),
        windows=(),
        source=SOURCE,
        place=row.place,
        duration=row.number("duration"),
        task="qa",
        question=row.text("question"),
        options=options,
        answer=answer,
        extra=row.rest(*KNOWN),
    )
