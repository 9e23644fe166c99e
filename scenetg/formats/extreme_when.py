"""ExtremeWhenBench: JSONL of `{qid, video_id, source_corpus, question, correct_interval, video_duration_s, category}`."""

from pathlib import Path

from scenetg.formats.label import Label
from scenetg.formats.row import jsonl_rows

SOURCE = "extreme-when-bench"
KNOWN = ("qid", "video_id", "question", "correct_interval", "video_duration_s")


def read(path: Path, companion: Path | None = None) -> list[Label]:
    """Read all questions; the videos are those of LVBench, MLVU and Video-MME (`source_corpus`)."""
    return [
        Label(
            id=row.text("qid"),
            video=row.text("video_id"),
            query=row.text("question"),
            windows=(row.window("correct_interval"),),
            source=SOURCE,
            place=row.place,
            duration=row.number("video_duration_s"),
            extra=row.rest(*KNOWN),
        )
        for row in jsonl_rows(path)
    ]
