"""LVBench: JSONL of `{key, video_info: {duration_minutes}, qa: [{uid, question, answer, question_type, time_reference}]}`.

The options stand in the question, one line each; `time_reference` is `MM:SS-MM:SS`, `HH:MM:SS-…` or nothing.
"""

from pathlib import Path

from grounder.timetext import parse_time
from scenetg.formats.choices import by_letter, split_question
from scenetg.formats.label import Label
from scenetg.formats.row import Row, Window, as_row, jsonl_rows

SOURCE = "lvbench"
KNOWN = ("uid", "question", "answer")


def read(path: Path, companion: Path | None = None) -> list[Label]:
    """Read all questions of all videos; a time reference that is no pair of clock times gives no window."""
    return [label for row in jsonl_rows(path) for label in _labels(row)]


def _labels(video: Row) -> list[Label]:
    info = as_row(f"{video.place}.video_info", video.fields.get("video_info"))
    duration = 60 * info.number("duration_minutes")
    return [
        _label(as_row(f"{video.place}.qa[{number}]", entry), video.text("key"), duration)
        for number, entry in enumerate(video.entries("qa"))
    ]


def _label(row: Row, video: str, duration: float) -> Label:
    question, options = split_question(row.text("question"))
    return Label(
        id=row.text("uid"),
        video=video,
        query=question,
        windows=_windows(row),
        source=SOURCE,
        place=row.place,
        duration=duration,
        task="qa",
        question=question,
        options=options,
        answer=by_letter(row, "answer", options),
        extra=row.rest(*KNOWN),
    )


def _windows(row: Row) -> tuple[Window, ...]:
    first, dash, last = str(row.fields.get("time_reference", "")).partition("-")
    try:
        start, end = parse_time(first), parse_time(last)
    except ValueError:
        return ()
    return ((start, end),) if dash and start < end else ()
