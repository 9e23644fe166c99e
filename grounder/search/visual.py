"""VisualTrack: frame embeddings along the video, compared with the query in the encoder's space."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from grounder.encoders.encoder import Encoder
from grounder.search.confidence import VisualCalibration, margin, visual_calibration
from grounder.search.curve import Curve
from grounder.search.track import Bounds, Scores, checked_query
from grounder.span import Span

TAGS = 3
"""Words shown for a stretch: more are hardly ever sure."""


class VisualTrack:
    """The sampled frames of one video as unit vectors."""

    name = "visual"

    def __init__(
        self, times: NDArray[np.float64], embeddings: NDArray[np.floating], encoder: Encoder
    ) -> None:
        """Hold `times` (n,) seconds, never decreasing, and `embeddings` (n, dim) of unit length.

        Raises:
            ValueError: the two do not fit each other or the encoder.
        """
        if embeddings.shape != (len(times), encoder.dim):
            raise ValueError(
                f"{len(times)} times need embeddings ({len(times)}, {encoder.dim}), "
                f"got {embeddings.shape}."
            )
        self.times = times
        self.embeddings = embeddings
        self.encoder = encoder
        # One search asks for the same curve several times.
        self._asked: tuple[str, Curve] | None = None

    def similarity(self, query: str) -> Curve:
        """Return the cosine of each frame with the query.

        Raises:
            ValueError: the query is empty.
        """
        query = checked_query(query)
        asked = self._asked
        if asked is None or asked[0] != query:
            vector = self.encoder.encode_texts([query])[0]
            asked = query, Curve(self.times, (self._rows @ vector).astype(np.float64))
            self._asked = asked
        return asked[1]

    def score(self, query: str, bounds: Bounds) -> Scores:
        """Rate each window by how much its frames stand out (see `Track.score`)."""
        return self.similarity(query).contrast(bounds)

    def presence(self, query: str, bounds: Bounds) -> float:
        """Return the chance that it is shown at all (see `Track.presence`)."""
        reach = float(self.encoder.reach([checked_query(query)])[0])
        return self._calibration.present(self.similarity(query).mean(bounds), reach)

    def probability(self, query: str, bounds: Bounds) -> Scores:
        """Return the chance that it is shown in each window (see `Track.probability`)."""
        if not len(self.times):
            return np.full(len(bounds), np.nan)
        lead = margin(bounds, self.score(query, bounds))
        return self._calibration.windows(self.presence(query, bounds), lead, len(bounds))

    def describe(self, span: Span) -> str:
        """Return the encoder's guesses at what is seen there: `(looks like: rabbit, green)`."""
        inside = slice(*np.searchsorted(self.times, [span.start, span.end]))
        words = self.encoder.tags(self._rows[inside], count=TAGS)
        return f"(looks like: {', '.join(words)})" if words else ""

    @property
    def _calibration(self) -> VisualCalibration:
        return visual_calibration(self.encoder.name, self.encoder.confidence)

    @cached_property
    def _rows(self) -> NDArray[np.float32]:
        # Stored in half precision, which numpy multiplies a hundred times slower.
        return np.asarray(self.embeddings, dtype=np.float32)
