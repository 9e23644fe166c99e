"""MAD: `{ID: {movie, movie_duration, sentence, ext_timestamps: [s, e], …}}`."""

from pathlib import Path

from scenetg.formats.label import Label
from scenetg.formats.row import json_entries

SOURCE = "mad"
KNOWN = ("movie", "movie_duration", "sentence", "ext_timestamps")


def read(path: Path, companion: Path | None = None) -> list[Label]:
    """Read one split; `ext_timestamps` is what the official code scores against."""
    return [
        Label(
            id=name,
            video=row.text("movie"),
            query=row.text("sentence"),
            windows=(row.window("ext_timestamps"),),
            source=SOURCE,
            place=row.place,
            duration=row.number("movie_duration"),
            extra=row.rest(*KNOWN),
        )
        for name, row in json_entries(path)
    ]
