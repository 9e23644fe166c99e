"""Seconds to text and back: the only file that knows how a time is written.

Formats: timecode `HH:MM:SS.mmm` (WebVTT), short clock `M:SS` / `H:MM:SS`, seconds `12.5`,
and W3C media fragments `#t=10,20` (https://www.w3.org/TR/media-frags/).
"""

import re
from typing import NamedTuple

from grounder.span import Span

# Hours are open-ended; minutes and seconds of a written clock must be below 60.
CLOCK = re.compile(r"(?:(\d+):)?([0-5]?\d):([0-5]?\d(?:[.,]\d+)?)")
# A bare number of seconds is a moment only where the words say so: "waits for 3 seconds" is a length.
MOMENT = re.compile(
    r"(?<![\d:.])(?P<clock>(?:\d+:)?[0-5]?\d:[0-5]\d(?:[.,]\d+)?)(?![\d:])"
    r"|\b(?:at|from|until|around|between)\s+(?:about\s+)?(?P<from>\d+(?:\.\d+)?)"
    r"(?:\s*(?:to|and|until|-|–)\s*(?P<to>\d+(?:\.\d+)?))?\s*(?:s|secs?|seconds?)\b",
    re.IGNORECASE,
)
SECONDS = re.compile(r"(\d+(?:\.\d+)?)\s*(?:s|sec|secs|second|seconds)?")


def timecode(seconds: float) -> str:
    """Write seconds (>= 0) as `HH:MM:SS.mmm`."""
    if seconds < 0:
        raise ValueError(f"A timecode needs seconds >= 0, got {seconds}.")
    milliseconds = round(seconds * 1000)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{milliseconds / 1000:06.3f}"


def clock(seconds: float) -> str:
    """Write seconds (>= 0) for people: `0:07.5`, `12:03.0`, `1:02:03.0`."""
    tenths = round(seconds * 10)
    minutes, tenths = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02d}:{tenths / 10:04.1f}"
    return f"{minutes}:{tenths / 10:04.1f}"


def clock_range(span: Span) -> str:
    """Write a span for people: `0:33.0-0:47.8`."""
    return f"{clock(span.start)}-{clock(span.end)}"


def parse_time(text: str) -> float:
    """Read `12.5`, `12.5s`, `M:SS.ff` or `H:MM:SS.ff` as seconds.

    Raises:
        ValueError: the text is none of these.
    """
    stripped = text.strip()
    if match := SECONDS.fullmatch(stripped):
        return float(match[1])
    if match := CLOCK.fullmatch(stripped):
        hours, minutes, seconds = match.groups()
        return int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds.replace(",", "."))
    raise ValueError(f"{text!r} is no time. Write seconds (12.5) or a clock (1:02:03.5).")


class WrittenMoment(NamedTuple):
    """Times that a sentence names, and where they stand in it."""

    times: tuple[float, ...]
    """Seconds: one, or the two ends of a range."""
    position: tuple[int, int]
    """[first, last) characters."""


def moments_in(text: str) -> list[WrittenMoment]:
    """Find the moments that running text names: `1:02:03`, `0:33.5`, `at 12 s`, `from 3 to 5 seconds`."""
    found = []
    for match in MOMENT.finditer(text):
        if match["clock"]:
            found.append(WrittenMoment((parse_time(match["clock"]),), match.span("clock")))
        else:
            times = tuple(float(end) for end in (match["from"], match["to"]) if end)
            found.append(WrittenMoment(times, match.span()))
    return found


def media_fragment(span: Span) -> str:
    """Write a span as a W3C media fragment: `#t=33.0,47.75`."""
    return f"#t={round(span.start, 3)},{round(span.end, 3)}"
