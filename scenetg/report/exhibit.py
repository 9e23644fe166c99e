"""Exhibit: one row or candidate to look at, as a card with its timeline and pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grounder.errors import VideoError
from grounder.page import Lane, Markup, element, strip, timeline
from grounder.page.plots import Tone
from grounder.span import Span
from grounder.timetext import clock_range

LONGEST = 240
"""Characters of foreign text that are shown."""
MOST_PLACES = 3
"""That are written out; the timeline has all."""
PICTURES = (1 / 8, 1 / 2, 7 / 8)
"""Where in a stretch pictures are taken from."""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """What a card tells."""

    badge: str
    tone: Tone
    title: str
    facts: Sequence[str]
    video: str
    duration: float
    """Seconds of the video."""
    spans: tuple[Span, ...]
    """Pictures are from the first; from all over the video where there is none."""
    kind: str
    """Class of the spans in the timeline: `true` or `rejected`."""


def shown(one: Exhibit) -> Markup:
    """Return the card; without its video it has no pictures, and says so."""
    badge = element("span", {"class": f"badge tone-{one.tone}"}, one.badge)
    inside = tuple(
        span for whole in one.spans if (span := whole.clip(Span(0.0, one.duration))) is not None
    )
    where = ", ".join(map(clock_range, inside[:MOST_PLACES])) or "nowhere"
    facts = " · ".join([Path(one.video).name, where, *map(_short, one.facts)])
    lane = Lane("place" if len(inside) < 2 else "places", inside, one.kind)
    return element(
        "article",
        {"class": "query"},
        element("h3", None, badge, _short(one.title)),
        element("p", None, facts),
        timeline([lane], one.duration, title=_short(one.title)),
        _pictures(one, inside),
    )


def _pictures(one: Exhibit, spans: tuple[Span, ...]) -> Markup:
    from grounder.video import Video

    span = spans[0] if spans else Span(0.0, one.duration)
    try:
        with Video.open(Path(one.video)) as video:
            times = [span.start + part * span.duration for part in PICTURES]
            return strip(video, times, alt="picture")
    except VideoError as error:
        return element("p", None, f"No pictures: {error}")


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
