"""QVHighlights: JSONL of `{qid, query, vid, duration, relevant_windows, relevant_clip_ids, saliency_scores}`.

A clip is two seconds; each relevant one has three annotators' scores from 0 (very bad) to 4 (very good).
"""

import math
from typing import Any

from grounder.sample import Sample
from scenetg.formats.label import Label
from scenetg.formats.row import Row

SOURCE = "qvhighlights"
CLIP = 2
"""Seconds."""
KNOWN = ("qid", "query", "vid", "duration", "relevant_windows")


def labels_of(row: Row) -> list[Label]:
    """Return the one label of an entry."""
    return [
        Label(
            id=row.text("qid"),
            video=row.text("vid"),
            query=row.text("query"),
            windows=row.windows("relevant_windows"),
            source=SOURCE,
            place=row.place,
            duration=row.number("duration"),
            extra=row.rest(*KNOWN),
        )
    ]


def row_of(sample: Sample) -> dict[str, Any]:
    """Return the entry of a row. Saliency is never made up: without scores in `meta` it is left out."""
    number = int(sample.id) if sample.id.isascii() and sample.id.isdigit() else None
    row: dict[str, Any] = {
        "qid": sample.id if str(number) != sample.id else number,
        "query": sample.query,
        "duration": sample.duration,
        "vid": sample.video,
        "relevant_windows": [[span.start, span.end] for span in sample.spans],
    }
    kept = ("relevant_clip_ids", "saliency_scores")
    if all(name in sample.meta for name in kept):
        return row | {name: sample.meta[name] for name in kept}
    return row | {"relevant_clip_ids": _clips(sample)}


def _clips(sample: Sample) -> list[int]:
    """Return the clips that lie in a span by more than half."""
    covered: set[int] = set()
    for span in sample.spans:
        first, last = round(span.start / CLIP), math.ceil(span.end / CLIP - 0.5)
        covered.update(range(first, last))
    return sorted(covered)
