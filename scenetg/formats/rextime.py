"""ReXTime: JSONL of `{qid, query or question, duration, vid, relevant_windows, ans}`, with or without `options`."""

from pathlib import Path

from scenetg.formats.label import Label
from scenetg.formats.row import Row, jsonl_rows

SOURCE = "rextime"
LETTERS = "ABCD"
KNOWN = ("qid", "query", "question", "duration", "vid", "relevant_windows", "ans", "options")


def read(path: Path, companion: Path | None = None) -> list[Label]:
    """Read one split; the answer is the option in words where the file has the options, else its letter."""
    return [_label(row) for row in jsonl_rows(path)]


def _label(row: Row) -> Label:
    question, letter = row.text("query", "question"), row.text("ans")
    if letter not in LETTERS or len(letter) != 1:
        row.wrong("ans", f"one of {', '.join(LETTERS)}")
    options: tuple[str, ...] = ()
    if "options" in row.fields:
        options = tuple(map(str, row.entries("options")))
        if LETTERS.index(letter) >= len(options):
            row.wrong("options", f"a list that has an option {letter}")
    return Label(
        id=row.text("qid"),
        video=row.text("vid"),
        query=question,
        windows=row.windows("relevant_windows"),
        source=SOURCE,
        place=row.place,
        duration=row.number("duration"),
        task="qa",
        question=question,
        options=options,
        answer=options[LETTERS.index(letter)] if options else letter,
        extra=row.rest(*KNOWN) | {"ans": letter},
    )
