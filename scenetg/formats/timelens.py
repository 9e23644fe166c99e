"""TimeLens-100K: JSONL of `{source, video_path, duration, events: [{query, span: [[s, e], …]}]}`, a video a line."""

from collections.abc import Iterable, Iterator
from typing import Any

from grounder.sample import Sample
from scenetg.formats.label import Label
from scenetg.formats.row import Row, Window, as_row, as_window
from scenetg.formats.single import grounding_spans

VIDEO = ("source", "video_path", "duration")
EVENT = ("query", "span")


def labels_of(row: Row) -> list[Label]:
    """Return the labels of a video's events; `span` may be one [start, end] or a list of them."""
    extra = row.rest(*VIDEO, "events")
    events = [as_row(f"{row.place}.events[{n}]", e) for n, e in enumerate(row.entries("events"))]
    return [
        Label(
            id="",
            video=row.text("video_path"),
            query=event.text("query"),
            windows=_windows(event),
            source=row.text("source"),
            place=event.place,
            duration=row.number("duration"),
            extra=extra | event.rest(*EVENT),
        )
        for event in events
    ]


def row_of(sample: Sample) -> dict[str, Any]:
    """Return the line of a row alone."""
    spans = [[span.start, span.end] for span in grounding_spans(sample)]
    event = {"query": sample.query, "span": spans}
    return {
        "source": sample.source,
        "video_path": sample.video,
        "duration": sample.duration,
        "events": [event],
    }


def joined(rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Put neighbouring rows of one video on one line; what else a row holds goes into its event."""
    line: dict[str, Any] | None = None
    for row in rows:
        extra = {name: value for name, value in row.items() if name not in (*VIDEO, "events")}
        video = {name: row[name] for name in VIDEO}
        event = row["events"][0] | extra
        if line is not None and all(line[name] == video[name] for name in VIDEO):
            line["events"].append(event)
            continue
        if line is not None:
            yield line
        line = video | {"events": [event]}
    if line is not None:
        yield line


def _windows(event: Row) -> tuple[Window, ...]:
    one = as_window(event.fields.get("span"))
    return (one,) if one else event.windows("span")
