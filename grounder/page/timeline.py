"""Timeline: lanes of spans over one video, drawn to any width."""

from collections.abc import Sequence
from dataclasses import dataclass

from grounder.page.markup import Markup, element, joined
from grounder.span import Span
from grounder.timetext import clock, clock_range

UNITS = 1000
LEAST = 3
"""Units that a span is wide at least: one of seconds must be seen in a film of hours."""
TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class Lane:
    """Spans of one kind."""

    name: str
    spans: tuple[Span, ...]
    kind: str
    """Class of its rectangles: `true`, `found` or `looked`."""


def timeline(lanes: Sequence[Lane], duration: float, *, title: str) -> Markup:
    """Return one strip a lane, its name beside it, and a clock below.

    Args:
        lanes: from the top; a lane without spans stays empty.
        duration: seconds of the whole video, > 0.
        title: what is shown, for those who cannot see it.
    """
    rows = [
        joined([element("span", {"class": "lane"}, lane.name), _strip(lane, duration, title)])
        for lane in lanes
    ]
    ticks = [element("span", None, clock(share * duration)) for share in TICKS]
    axis = joined([element("span", {"class": "lane"}), element("div", {"class": "clock"}, *ticks)])
    return element("div", {"class": "timeline"}, *rows, axis)


def _strip(lane: Lane, duration: float, title: str) -> Markup:
    boxes = []
    for span in lane.spans:
        width = max(UNITS * span.duration / duration, LEAST)
        start = min(UNITS * span.start / duration, UNITS - width)
        boxes.append(
            element("rect", {"x": start, "y": 0, "width": width, "height": 10, "class": lane.kind})
        )
    told = ", ".join(map(clock_range, lane.spans)) or "nothing"
    frame = {"viewBox": f"0 0 {UNITS} 10", "preserveAspectRatio": "none", "role": "img"}
    named = (element("title", None, f"{title}: {lane.name}"), element("desc", None, told))
    return element("svg", frame, *named, *boxes)
