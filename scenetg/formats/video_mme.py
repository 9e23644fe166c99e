"""Video-MME: a JSON list of `{video_id, duration_category, questions: [{question_id, question, choices, answer, …}]}`.

That is the template for results of the official repository, truth included; its lengths are only short (up
to 2 minutes), medium (up to 15) and long (up to an hour).
"""

from pathlib import Path

from scenetg.formats.choices import bare, by_letter
from scenetg.formats.label import Label
from scenetg.formats.row import Row, as_row, json_rows

SOURCE = "video-mme"
KNOWN = ("question_id", "question", "choices", "answer", "response")


def read(path: Path, companion: Path | None = None) -> list[Label]:
    """Read all questions of all videos; responses in the file are left out."""
    return [
        _label(as_row(f"{video.place}.questions[{number}]", entry), video)
        for video in json_rows(path)
        for number, entry in enumerate(video.entries("questions"))
    ]


def _label(row: Row, video: Row) -> Label:
    options = tuple(bare(str(choice)) for choice in row.entries("choices"))
    return Label(
        id=row.text("question_id"),
        video=video.text("video_id"),
        query=row.text("question"),
        windows=(),
        source=SOURCE,
        place=row.place,
        task="qa",
        question=row.text("question"),
        options=options,
        answer=by_letter(row, "answer", options),
        extra=video.rest("video_id", "questions") | row.rest(*KNOWN),
    )
