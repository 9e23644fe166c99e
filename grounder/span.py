"""Span: a stretch of a video in float seconds, and the arithmetic on spans (its only home)."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open stretch [start, end) in seconds of the whole video; never empty, never reversed."""

    start: float
    end: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.start) and math.isfinite(self.end)):
            raise ValueError(f"Span({self.start}, {self.end}): both ends must be finite seconds.")
        if self.start >= self.end:
            raise ValueError(f"Span({self.start}, {self.end}): start must be below end.")

    @property
    def duration(self) -> float:
        """Length in seconds, > 0."""
        return self.end - self.start

    @property
    def centre(self) -> float:
        """The middle, in seconds."""
        return (self.start + self.end) / 2

    def contains(self, time: float) -> bool:
        """Tell whether `time` (seconds) lies in [start, end)."""
        return self.start <= time < self.end

    def overlap(self, other: "Span") -> float:
        """Return the shared length in seconds, 0 when the spans are apart."""
        return max(0.0, min(self.end, other.end) - max(self.start, other.start))

    def iou(self, other: "Span") -> float:
        """Return intersection over union, in [0, 1]."""
        shared = self.overlap(other)
        return shared / (self.duration + other.duration - shared)

    def hull(self, other: "Span") -> "Span":
        """Return the shortest span that holds both."""
        return Span(min(self.start, other.start), max(self.end, other.end))

    def clip(self, within: "Span") -> "Span | None":
        """Return the part inside `within`, or None when there is none."""
        start, end = max(self.start, within.start), min(self.end, within.end)
        return Span(start, end) if start < end else None

    def shift(self, seconds: float) -> "Span":
        """Return the span moved by `seconds`."""
        return Span(self.start + seconds, self.end + seconds)

    def grow_to(self, seconds: float, *, within: "Span") -> "Span":
        """Return the span grown to a length of `seconds`, kept inside `within`.

        It grows on both sides alike, and where `within` ends on the other side: it is never shorter
        than `seconds` unless `within` is. A span that is longer already is not shortened.

        Raises:
            ValueError: the span lies wholly outside `within`.
        """
        inside = self.clip(within)
        if inside is None:
            raise ValueError(f"{self} lies outside {within}.")
        before, after = inside.start - within.start, within.end - inside.end
        wanted = max(0.0, seconds - inside.duration)
        left = min(max(wanted / 2, wanted - after), before)
        grown = Span(inside.start - left, inside.end + max(0.0, wanted - left))
        return grown.clip(within) or inside


def merge(spans: Iterable[Span], *, gap: float = 0.0) -> list[Span]:
    """Return the union as sorted, disjoint spans; neighbours at most `gap` seconds apart are joined."""
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.start - merged[-1].end <= gap:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return merged


def total_duration(spans: Iterable[Span]) -> float:
    """Return the length of the union in seconds; overlapping parts count once."""
    return sum(span.duration for span in merge(spans))


def overlap_of_sets(left: Sequence[Span], right: Sequence[Span]) -> float:
    """Return the seconds that both unions cover."""
    return sum(a.overlap(b) for a in merge(left) for b in merge(right))


def iou_of_sets(left: Sequence[Span], right: Sequence[Span]) -> float:
    """Return intersection over union of two unions, in [0, 1]; 0 when both are empty."""
    shared = overlap_of_sets(left, right)
    union = total_duration(left) + total_duration(right) - shared
    return shared / union if union > 0 else 0.0


def suppress(spans: Sequence[Span], *, max_iou: float) -> list[int]:
    """Non-maximum suppression: return the positions kept, walking `spans` best first.

    A span is dropped when its IoU with one already kept is above `max_iou`.
    """
    kept: list[int] = []
    for position, span in enumerate(spans):
        if all(span.iou(spans[earlier]) <= max_iou for earlier in kept):
            kept.append(position)
    return kept
