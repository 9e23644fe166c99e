"""ActivityNet Captions: `{VIDEO: {duration, timestamps: [[s, e], …], sentences: […]}}`.

Ids are those of Time-R1: `activitynet_N` over the whole file, in its order.
"""

from collections.abc import Iterator
from pathlib import Path

from scenetg.formats.label import Label
from scenetg.formats.row import Row, json_entries

SOURCE = "activitynet-captions"


def read(path: Path, companion: Path | None = None) -> list[Label]:
    """Read the annotations of one split."""
    labels: list[Label] = []
    for video, row in json_entries(path):
        duration = row.number("duration")
        extra = row.rest("duration", "timestamps", "sentences")
        for place, sentence, window in parallel(row):
            labels.append(
                Label(
                    id=f"activitynet_{len(labels)}",
                    video=video,
                    query=sentence.strip(),
                    windows=(window,),
                    source=SOURCE,
                    place=place,
                    duration=duration,
                    extra=extra,
                )
            )
    return labels


def parallel(row: Row) -> Iterator[tuple[str, str, tuple[float, float]]]:
    """Yield (place, sentence, window) of the two lists of an entry, which must be equally long."""
    windows, sentences = row.windows("timestamps"), row.entries("sentences")
    if len(windows) != len(sentences):
        row.wrong("sentences", f"{len(windows)} sentences, one for each of `timestamps`")
    for number, (window, sentence) in enumerate(zip(windows, sentences, strict=True)):
        if not isinstance(sentence, str):
            row.wrong("sentences", "a list of texts")
        yield f"{row.place}[{number}]", sentence, window
