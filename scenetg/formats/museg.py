"""MUSEG: JSONL of `{idx, problem, solution: [[s, e], …], video, duration, task}`; `tvg` finds one span, `tal` all."""

from collections.abc import Iterable, Iterator
from typing import Any

from grounder.sample import Sample
from scenetg.formats.label import Label
from scenetg.formats.row import Row
from scenetg.formats.single import grounding_spans

SOURCE = "museg"
ONE = "Find the video segment that shows '{query}' and give its start and end in seconds."
ALL = "Find all video segments that show '{query}' and give the start and end of each in seconds."
KNOWN = ("problem", "query", "solution", "video", "duration")


def labels_of(row: Row) -> list[Label]:
    """Return the one label of an entry; without our field `query` the whole `problem` is its query.

    MUSEG's Charades rows have no duration.
    """
    return [
        Label(
            id="",
            video=row.text("video"),
            query=row.text("query", "problem"),
            windows=row.windows("solution"),
            source=SOURCE,
            place=row.place,
            duration=row.optional_number("duration"),
            # Number and task follow from place and spans in what was made here; elsewhere they need not.
            extra=row.rest(*KNOWN, *(("idx", "task") if "query" in row.fields else ())),
        )
    ]


def row_of(sample: Sample) -> dict[str, Any]:
    """Return the entry of a row."""
    spans = grounding_spans(sample)
    several = len(spans) > 1
    return {
        "problem": (ALL if several else ONE).replace("{query}", sample.query),
        "solution": [[span.start, span.end] for span in spans],
        "video": sample.video,
        "duration": sample.duration,
        "task": "tal" if several else "tvg",
        "query": sample.query,
    }


def numbered(rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Give each row its number, without which MUSEG's rewards fail."""
    return ({"idx": number} | row for number, row in enumerate(rows))
