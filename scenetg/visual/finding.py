"""Finding a query again by the encoder's vectors alone; asks no model."""

from collections.abc import Sequence
from dataclasses import dataclass

from grounder.encoders.encoder import Encoder
from grounder.ground.retrieval import RetrievalGrounder
from grounder.search import Track, VisualTrack
from grounder.span import Span
from scenetg.visual.look import Look


@dataclass(frozen=True, slots=True, eq=False)
class Similarity:
    """Finds places as the search does, by the encoder's vectors of a video."""

    encoder: Encoder

    @property
    def name(self) -> str:
        """Which vectors are compared."""
        return f"retrieval:{self.encoder.name}"

    def over(self, look: Look) -> RetrievalGrounder:
        """Return the grounder of one video."""
        track = VisualTrack(look.times, look.vectors, self.encoder)
        return RetrievalGrounder(_Seen(look.video_id, look.duration, look.scenes, (track,)))


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """What the search needs of a video (`grounder.search.Searchable`)."""

    video_id: str
    duration: float
    scenes: Sequence[Span]
    tracks: Sequence[Track]
