"""IndexedVideo: everything the search needs of one video, opened from a library."""

from dataclasses import dataclass
from pathlib import Path

from grounder.encoders.encoder import Encoder
from grounder.search.track import Track
from grounder.span import Span


@dataclass(frozen=True, slots=True, eq=False)
class IndexedVideo:
    """One indexed video, opened with the encoder that made its visual track."""

    video_id: str
    """Hex SHA-256 of the file."""
    path: Path
    """Where the file was last seen."""
    duration: float
    """Seconds that can be decoded."""
    scenes: tuple[Span, ...]
    """Shots in order, without gaps, over the whole duration."""
    tracks: tuple[Track, ...]
    """`visual` first, then `transcript` when there are subtitles; vectors are memory-mapped."""
    encoder: Encoder
    warnings: tuple[str, ...]
    """What was wrong with the file or its subtitles, for the user."""
    complete: bool
    """False while only keyframes have been looked at."""
