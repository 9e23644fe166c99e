"""Footage: what a row can be shown pictures of, a video file or a world that is rendered as it is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from grounder.adapters import Budget
from grounder.ground.vlm import window_frames
from grounder.span import Span
from grounder.video import Frames, Video

KEPT = 8  # stretches whose pictures are kept: rows about one stretch often stand together


class Footage(Protocol):
    """One video, as far as a row may be shown it."""

    @property
    def span(self) -> Span:
        """What there is to see, in seconds of the whole video."""

    def window(self, budget: Budget) -> Frames:
        """Return pictures of all of it, as a grounder is shown them."""

    def frames(self, times: Sequence[float], *, max_side: int) -> Frames:
        """Return the pictures at some times (never decreasing), at most `max_side` pixels long."""

    def described(self, span: Span) -> str:
        """Return what an index would say about a stretch, as `agent.context.Context.describe`; may be empty."""


@dataclass(frozen=True, slots=True)
class FileFootage:
    """A video file; the pictures of one row are decoded once, however often they are asked for."""

    path: Path
    span: Span
    changed: int
    """When the file was last written, in ns: other contents are other pictures."""

    @classmethod
    def of(cls, path: Path) -> "FileFootage":
        """Look at a file.

        Raises:
            VideoError: it cannot be read.
        """
        with Video.open(path) as video:
            return cls(path, video.span, path.stat().st_mtime_ns)

    def window(self, budget: Budget) -> Frames:
        """Return pictures of all of it, as a grounder is shown them."""
        return _window(self, budget)

    def frames(self, times: Sequence[float], *, max_side: int) -> Frames:
        """Return the pictures at some times (never decreasing), at most `max_side` pixels long."""
        return _frames(self, tuple(times), max_side)

    def described(self, span: Span) -> str:
        """Return nothing: there is no index of it."""
        return ""


@lru_cache(maxsize=KEPT)
def _window(footage: FileFootage, budget: Budget) -> Frames:
    with Video.open(footage.path) as video:
        return window_frames(video, footage.span, budget)


@lru_cache(maxsize=KEPT)
def _frames(footage: FileFootage, times: tuple[float, ...], max_side: int) -> Frames:
    with Video.open(footage.path) as video:
        return video.frames(times, max_side=max_side)
