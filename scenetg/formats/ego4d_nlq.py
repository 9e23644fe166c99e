"""Ego4D natural language queries: the official `nlq_*.json`, or its flat JSONL form.

Official: videos → clips → annotations → language_queries, times on the clip's clock. Flat:
`{qid, query, duration, vid (clip), video_uid, relevant_windows}`. Many windows are points.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scenetg.formats.label import Label
from scenetg.formats.row import Row, as_row, json_document, jsonl_rows

SOURCE = "ego4d-nlq"
KNOWN = ("qid", "query", "duration", "vid", "relevant_windows")


def read(path: Path, companion: Path | None = None) -> list[Label]:
    """Read one split; a file named `.jsonl` is the flat form."""
    if path.suffix == ".jsonl":
        return [_flat(row) for row in jsonl_rows(path)]
    return list(_official(path))


def _flat(row: Row) -> Label:
    return Label(
        id=row.text("qid"),
        video=row.text("vid"),
        query=row.text("query"),
        windows=row.windows("relevant_windows"),
        source=SOURCE,
        place=row.place,
        duration=row.number("duration"),
        extra=row.rest(*KNOWN),
    )


def query_id(clip: str, annotation: str, number: int) -> str:
    """Return the id of a query, from the three fields with which predictions name it."""
    return f"{clip}/{annotation}/{number}"


def _official(path: Path) -> Iterator[Label]:
    top = as_row(str(path), json_document(path))
    for video in _within(top, "videos"):
        for clip in _within(video, "clips"):
            for annotation in _within(clip, "annotations"):
                for number, query in enumerate(_within(annotation, "language_queries")):
                    yield _nested(video, clip, annotation, query, number)


def _within(row: Row, name: str) -> list[Row]:
    return [as_row(f"{row.place}.{name}[{n}]", value) for n, value in enumerate(row.entries(name))]


def _nested(video: Row, clip: Row, annotation: Row, query: Row, number: int) -> Label:
    uid = clip.text("clip_uid")
    extra: dict[str, Any] = query.rest("clip_start_sec", "clip_end_sec", "query")
    if "video_uid" in video.fields:
        extra["video_uid"] = video.text("video_uid")
    times = [clip.optional_number(name) for name in ("clip_start_sec", "clip_end_sec")]
    length = None if None in times else (times[1] or 0.0) - (times[0] or 0.0)
    window = (query.number("clip_start_sec"), query.number("clip_end_sec"))
    return Label(
        id=query_id(uid, annotation.text("annotation_uid"), number),
        video=uid,
        # A few official queries are null: they are counted, and nobody can be asked them.
        query=str(query.fields.get("query") or ""),
        windows=(window,),
        source=SOURCE,
        place=query.place,
        duration=length,
        extra=extra,
    )
