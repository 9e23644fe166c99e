"""DiDeMo: a JSON list of `{annotation_id, description, video, times: [[first, last], …], num_segments}`.

Times are chunks of five seconds, both ends included: [1, 4] is 5 to 25 s. Each annotator gave one; they
are kept as they stand, doubles too, because the official script ranks against each of them.
"""

from pathlib import Path

from scenetg.formats.label import Label
from scenetg.formats.row import Window, json_rows

SOURCE = "didemo"
CHUNK = 5.0
"""Seconds."""
KNOWN = ("annotation_id", "description", "video", "times", "num_segments")


def read(path: Path, companion: Path | None = None) -> list[Label]:
    """Read one split; a video counts as long as its chunks, since longer ones were cut for the annotators."""
    return [
        Label(
            id=row.text("annotation_id"),
            video=row.text("video"),
            query=row.text("description"),
            windows=tuple(seconds(chunks) for chunks in row.windows("times")),
            source=SOURCE,
            place=row.place,
            duration=row.number("num_segments") * CHUNK,
            extra=row.rest(*KNOWN),
        )
        for row in json_rows(path)
    ]


def seconds(chunks: Window) -> Window:
    """Return the seconds that a pair of chunk numbers covers."""
    first, last = chunks
    return first * CHUNK, (last + 1) * CHUNK
