"""CG-Bench: a JSON list of `{qid, video_uid, question, choices, right_answer, clue_intervals, duration, …}`.

A clue interval is where the answer is seen, in seconds; one question may have several.
"""

from pathlib import Path

from scenetg.formats.choices import by_letter
from scenetg.formats.label import Label
from scenetg.formats.row import Row, json_rows

SOURCE = "cg-bench"
KNOWN = ("qid", "video_uid", "question", "choices", "clue_intervals", "duration", "answer")


def read(path: Path, companion: Path | None = None) -> list[Label]:
    """Read all questions; the answer is the right option in words."""
    return [_label(row) for row in json_rows(path)]


def _label(row: Row) -> Label:
    options = tuple(map(str, row.entries("choices")))
    return Label(
        id=row.text("qid"),
        video=row.text("video_uid"),
        query=row.text("question"),
        windows=row.windows("clue_intervals"),
        source=SOURCE,
        place=row.place,
        duration=row.number("duration"),
        task="qa",
        question=row.text("question"),
        options=options,
        answer=by_letter(row, "right_answer", options),
        extra=row.rest(*KNOWN, "right_answer"),
    )
