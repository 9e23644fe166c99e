"""What the library knows about videos and their tracks, as read from SQLite."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from grounder.errors import VideoError
from grounder.span import Span
from grounder.video.decoder import Size

Kind = Literal["full", "keyframes"]


@dataclass(frozen=True, slots=True)
class VideoRow:
    """One video, whatever its names."""

    video_id: str
    """Hex SHA-256 of the file."""
    paths: tuple[Path, ...]
    """Where it was seen, the latest last; some may be gone by now."""
    duration: float
    """Seconds that can be decoded."""
    size: Size
    frame_rate: float
    codec: str
    tracks: tuple["TrackRow", ...]

    @property
    def path(self) -> Path:
        """The latest name under which the file still exists, else the latest one.

        Raises:
            VideoError: every file that held this video holds another one now.
        """
        if not self.paths:
            raise VideoError(
                f"The library knows no file that holds video {self.video_id}: it was overwritten. "
                "Run `whenwhat index` on a copy of it, or forget it with `whenwhat rm`."
            )
        return next((path for path in reversed(self.paths) if path.exists()), self.paths[-1])


@dataclass(frozen=True, slots=True)
class Plan:
    """What makes one visual track differ from another of the same video."""

    encoder: str
    """`Encoder.name`."""
    dim: int
    rate: float
    """Sampled frames per second, > 0."""
    detector: str
    """As given to `load_detector`."""
    decoder: str
    kind: Kind = "full"


@dataclass(frozen=True, slots=True)
class TrackRow:
    """One visual track: embeddings, cuts, and how far they reach."""

    track_id: int
    video_id: str
    plan: Plan
    done: bool
    """Every frame that can be decoded has been looked at."""
    rows: int
    """Embeddings stored."""
    end_time: float
    """Seconds; everything before is stored."""
    settled: float
    """Seconds; cuts before are final and stored."""
    chunks: int
    warnings: tuple[str, ...]
    versions: dict[str, str]
    """Package or part -> version."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stretch of video whose results are stored together or not at all."""

    end_time: float
    settled: float
    times: list[float]
    cuts: list[float]
    """Final cuts in [previous settled, settled), or up to the end in the last chunk."""
    final: bool
    """The video ends here."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What is known of a track only when its video has been read to the end."""

    usable_end: float
    """Seconds that can be decoded."""
    scenes: tuple[Span, ...]
    warnings: tuple[str, ...]


def plan_of(row: sqlite3.Row) -> Plan:
    """Read a `Plan` from a row of `tracks`."""
    return Plan(
        encoder=row["encoder"],
        dim=row["dim"],
        rate=row["rate"],
        detector=row["detector"],
        decoder=row["decoder"],
        kind=row["kind"],
    )
