"""What a grounder owes: a query and a stretch of video in, moments (or none) out."""

from dataclasses import dataclass, field
from typing import Protocol

from grounder.reply import Reply
from grounder.span import Span
from grounder.video import Video


@dataclass(frozen=True, slots=True)
class Moment:
    """One place where the query is seen to happen."""

    span: Span
    confidence: float
    """In [0, 1]; what it means is told by `Grounding.score_kind`."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What looking cost; costs add up."""

    frames: int = 0
    visual_tokens: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            self.frames + other.frames,
            self.visual_tokens + other.visual_tokens,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
        )


@dataclass(frozen=True, slots=True)
class Grounding:
    """What a grounder says about one stretch of video; no moments means: not seen here."""

    moments: tuple[Moment, ...]
    """Best first, all inside `within`."""
    within: Span
    score_kind: str
    """`retrieval_probability`, `stated` (the model said so) or `parsed` (a span without a confidence)."""
    reply: Reply | None = None
    """The model's words and how they were read; None when no model was asked."""
    cost: Cost = field(default_factory=Cost)


class Grounder(Protocol):
    """Finds a described moment in a stretch of video."""

    name: str
    max_window: float
    """The longest stretch, in seconds, it can look at in one call."""

    def ground(self, video: Video, within: Span, query: str) -> Grounding:
        """Look for `query` inside `within`.

        Raises:
            ValueError: `within` is longer than `max_window` or outside the video.
        """
