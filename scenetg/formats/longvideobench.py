"""LongVideoBench: a JSON list of `{id, video_path, question, candidates, correct_choice, duration, duration_group, …}`."""

from pathlib import Path

from scenetg.formats.label import Label
from scenetg.formats.row import Row, json_rows

SOURCE = "longvideobench"
KNOWN = ("id", "video_path", "question", "candidates", "correct_choice", "duration")


def read(path: Path, companion: Path | None = None) -> list[Label]:
    """Read one split; the file of the test split has no `correct_choice` and is refused by its first row."""
    return [_label(row) for row in json_rows(path)]


def _label(row: Row) -> Label:
    options = tuple(map(str, row.entries("candidates")))
    choice = row.number("correct_choice")
    if choice not in range(len(options)):
        row.wrong("correct_choice", f"the position of one of {len(options)} candidates")
    return Label(
        id=row.text("id"),
        video=row.text("video_path"),
        query=row.text("question"),
        windows=(),
        source=SOURCE,
        place=row.place,
        duration=row.number("duration"),
        task="qa",
        question=row.text("question"),
        options=options,
        answer=options[int(choice)],
        extra=row.rest(*KNOWN),
    )
