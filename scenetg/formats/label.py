"""Label: one labelled query as its file states it, and how it becomes a Sample.

Public labels hold what a Sample cannot: points (Ego4D), ends past the video (TVGBench, TimeRFT), no
duration (Charades-STA). Benchmarks score labels as they are; training rows are made of those that fit.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from grounder.sample import END_TOLERANCE, Sample, Task
from grounder.span import Span, merge
from scenetg.formats.row import Window

STATED = "windows"
"""Field of `Sample.meta`: the windows as the file states them, where the spans are not the same."""


@dataclass(frozen=True, slots=True)
class Label:
    """One query and where it is true."""

    id: str
    """As in the file, else made of the position as the benchmark's own code does it."""
    video: str
    query: str
    windows: tuple[Window, ...]
    source: str
    place: str
    """File and line or key."""
    duration: float | None = None
    """Seconds; None where the file does not tell."""
    task: Task = "ground"
    question: str | None = None
    options: tuple[str, ...] = ()
    answer: str | None = None
    difficulty: float | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    """All other fields of the entry."""


def sample_of(label: Label, *, split: str) -> Sample:
    """Return the training row of a label; ends past the video are cut, overlapping windows joined.

    What the file stated is kept in `meta["windows"]` where it was changed.

    Raises:
        ValueError: the label cannot be a training row; the message says why and what to do.
    """
    if label.duration is None:
        raise ValueError(
            "has no duration; give the file that tells the lengths (--companion), or the videos (--videos)."
        )
    spans = tuple(merge(_span(window, label.duration) for window in label.windows))
    changed = [(span.start, span.end) for span in spans] != list(label.windows)
    stated = {STATED: [list(window) for window in label.windows]} if changed else {}
    return Sample(
        id=label.id,
        video=label.video,
        duration=label.duration,
        query=label.query,
        spans=spans,
        source=label.source,
        split=split,
        task=label.task,
        question=label.question,
        options=label.options,
        answer=label.answer,
        difficulty=label.difficulty,
        meta=dict(label.extra) | stated,
    )


def _span(window: Window, duration: float) -> Span:
    start, end = window
    if start >= end:
        raise ValueError(f"window [{start}, {end}] is no stretch of time: start must be below end.")
    if start < 0 or end > duration + END_TOLERANCE:
        start, end = max(start, 0.0), min(end, duration)
    if start >= end:
        raise ValueError(f"window {list(window)} lies outside the video of {duration} s.")
    return Span(start, end)
