"""TACoS: `{VIDEO: {timestamps: [[first, last], …], sentences, fps, num_frames}}`; the times are frame numbers."""

from pathlib import Path

from scenetg.formats.activitynet import parallel
from scenetg.formats.label import Label
from scenetg.formats.row import json_entries

SOURCE = "tacos"


def read(path: Path, companion: Path | None = None) -> list[Label]:
    """Read the annotations of one split; frame numbers become seconds, and are kept in `extra["frames"]`."""
    labels: list[Label] = []
    for video, row in json_entries(path):
        rate, frames = row.number("fps"), row.number("num_frames")
        if rate <= 0 or frames <= 0:
            row.wrong("fps" if rate <= 0 else "num_frames", "above 0")
        extra = row.rest("timestamps", "sentences")
        for place, sentence, (first, last) in parallel(row):
            labels.append(
                Label(
                    id=f"tacos_{len(labels)}",
                    video=video,
                    query=sentence.strip(),
                    windows=((first / rate, last / rate),),
                    source=SOURCE,
                    place=place,
                    duration=frames / rate,
                    extra=extra | {"frames": [first, last]},
                )
            )
    return labels
