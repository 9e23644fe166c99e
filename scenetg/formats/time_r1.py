"""Time-R1 (and its TimeRFT data): a JSON list of `{video, duration, timestamp: [s, e], sentence, qid, difficulty, …}`."""

from typing import Any

from grounder.sample import Sample
from scenetg.formats.label import Label
from scenetg.formats.row import Row
from scenetg.formats.single import only_span

SOURCE = "timerft"
KNOWN = ("video", "duration", "timestamp", "sentence", "qid", "difficulty")
KEPT = ("video_start", "video_end", "pred")
"""Fields that the trainer reads and that are null, or of the file that was imported."""


def labels_of(row: Row) -> list[Label]:
    """Return the one label of an entry."""
    return [
        Label(
            id=row.text("qid"),
            video=row.text("video"),
            query=row.text("sentence"),
            windows=(row.window("timestamp"),),
            source=SOURCE,
            place=row.place,
            duration=row.number("duration"),
            difficulty=row.optional_number("difficulty"),
            extra=row.rest(*KNOWN),
        )
    ]


def row_of(sample: Sample) -> dict[str, Any]:
    """Return the entry of a row; the trainer knows one span per query."""
    span = only_span(sample)
    return {
        "video": sample.video,
        "duration": sample.duration,
        "timestamp": [span.start, span.end],
        "sentence": sample.query,
        "qid": sample.id,
        "difficulty": sample.difficulty,
    } | {name: sample.meta.get(name) for name in KEPT}
