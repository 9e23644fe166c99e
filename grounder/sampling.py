"""Which moments of a stretch to look at; pure arithmetic on times."""

import math

from grounder.span import Span


def uniform(span: Span, count: int) -> list[float]:
    """Return the centres of `count` (>= 1) equal parts of `span`, in seconds."""
    if count < 1:
        raise ValueError(f"uniform() was asked for {count} times; ask for 1 or more.")
    part = span.duration / count
    return [span.start + (number + 0.5) * part for number in range(count)]


def at_rate(span: Span, rate: float, *, max_frames: int) -> list[float]:
    """Return evenly spaced times, `rate` per second or as many as `max_frames` (>= 1) allows.

    At least one time comes back however short the span is.
    """
    if not rate > 0:
        raise ValueError(f"at_rate() was asked for {rate} frames a second; ask for more than 0.")
    return uniform(span, min(max_frames, max(1, math.floor(span.duration * rate + 0.5))))


def from_start(span: Span, rate: float, *, max_frames: int) -> list[float]:
    """Return `span.start` and every 1 / `rate` seconds after it, while before the end, at most `max_frames`.

    For models that count time from the first frame they are shown, in equal steps.
    """
    if not rate > 0:
        raise ValueError(f"from_start() was asked for {rate} frames a second; ask for more than 0.")
    count = max(1, min(max_frames, math.ceil(span.duration * rate - 1e-6)))
    return [span.start + number / rate for number in range(count)]
