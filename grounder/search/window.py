"""Window: one search result, a part of a video worth looking at."""

from dataclasses import dataclass

from grounder.span import Span


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of one video that fits a query."""

    video_id: str
    span: Span
    score: float
    """Fused over tracks, higher is better; comparable only inside one search."""
    probability: float
    """Calibrated chance, in [0, 1], that what was asked for is in this window (see `search.confidence`)."""
    presence: float
    """The same for all that was searched, never lower: equal in every window of one search."""
    sources: tuple[str, ...]
    """Tracks that spoke for it: `visual`, `transcript`, …"""
    text: str = ""
    """What the tracks have to say about it: transcript lines, guesses at what is seen."""
