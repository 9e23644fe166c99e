"""TextTrack: timed lines of text (subtitles, speech, OCR), compared with the query by words and meaning."""

from collections.abc import Sequence
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from grounder.encoders.encoder import UnitVectors
from grounder.search.candidates import Touching, overlap_with
from grounder.search.confidence import TextCalibration, text_calibration
from grounder.search.track import Bounds, Scores, checked_query
from grounder.search.words import WordIndex
from grounder.span import Span
from grounder.transcript import Line

LINES_COMPARED = 64
"""Of the lines that fit best; windows that touch only others rate 0."""
LENGTH_COST = 0.05
"""Power of the duration a window's rating is divided by: of two that hold a line, the shorter."""


class TextEncoder(Protocol):
    """Turns sentences into comparable unit vectors (such as `encoders.minilm.MiniLM`)."""

    def encode(self, texts: Sequence[str]) -> UnitVectors:
        """Return (n, dim) rows of length 1."""


class TextTrack:
    """Timed lines that can be asked; says nothing (NaN) where it has no line."""

    def __init__(
        self,
        name: str,
        lines: Sequence[Line],
        *,
        vectors: UnitVectors | None = None,
        encoder: TextEncoder | None = None,
    ) -> None:
        """Hold lines in any order, and their stored vectors with the encoder that made them.

        Args:
            name: Shown as the source of a result.
            lines: What is said or shown, with spans.
            vectors: (n, dim) in the order of `lines`; None compares words alone.
            encoder: Embeds the query; goes with `vectors`.

        Raises:
            ValueError: only one of vectors and encoder is given, or there are not as many vectors
                as lines.
        """
        if (vectors is None) != (encoder is None):
            raise ValueError("A text track needs both vectors and their encoder, or neither.")
        if vectors is not None and len(vectors) != len(lines):
            raise ValueError(f"{len(lines)} lines need as many vectors, got {len(vectors)}.")
        order = sorted(range(len(lines)), key=lambda row: lines[row].span)
        self.name = name
        self.lines = [lines[row] for row in order]
        self.vectors = None if vectors is None else np.asarray(vectors)[order]
        self.encoder = encoder

    def score(self, query: str, bounds: Bounds) -> Scores:
        """Rate each window by the best line in it, for as much of the line as it holds."""
        chances = self._chances(checked_query(query))
        scores = self._best(bounds, chances)
        return np.asarray(scores / (bounds[:, 1] - bounds[:, 0]) ** LENGTH_COST)

    def probability(self, query: str, bounds: Bounds) -> Scores:
        """Return the chance that what was asked for is in the window: of its best line, the part it holds."""
        chances = np.minimum(self._chances(checked_query(query)), self._calibration.most)
        return self._best(bounds, chances)

    def presence(self, query: str, bounds: Bounds) -> float:
        """Return the chance that what was asked for is said at all: of the best window."""
        return float(np.nan_to_num(self.probability(query, bounds)).max(initial=0.0))

    def describe(self, span: Span) -> str:
        """Return the lines that lie mostly in the span, or fill most of it, in order, joined by blanks."""
        shared = overlap_with(np.array([span.start, span.end]), self._spans)
        lengths = self._spans[:, 1] - self._spans[:, 0]
        # A line that a neighbour holds most of is the neighbour's.
        inside = shared >= np.minimum(lengths, span.duration) / 2
        return " ".join(self.lines[row].text for row in np.flatnonzero(inside))

    def _chances(self, query: str) -> NDArray[np.float64]:
        coverage = self._words.coverage(query)
        cosines = np.zeros(len(self.lines))
        if self.vectors is not None and self.encoder is not None and len(self.lines):
            cosines = (self.vectors @ self.encoder.encode([query])[0]).astype(np.float64)
        return self._calibration.lines(cosines, coverage)

    def _best(self, bounds: Bounds, chances: NDArray[np.float64]) -> Scores:
        best = np.where(self._touched(bounds), 0.0, np.nan)
        touching = Touching(bounds)
        for row in np.argsort(-chances, kind="stable")[:LINES_COMPARED]:
            start, end = self._spans[row]
            near = touching.rows(self._spans[row])
            shared = overlap_with(self._spans[row], bounds[near])
            held = chances[row] * shared / (end - start)
            best[near] = np.where(shared > 0, np.fmax(best[near], held), best[near])
        return best

    def _touched(self, bounds: Bounds) -> NDArray[np.bool_]:
        """Tell which windows touch any line: more lines began before its end than ended by its start."""
        starts, ends = self._spans[:, 0], np.sort(self._spans[:, 1])
        begun = np.searchsorted(starts, bounds[:, 1], side="left")
        over = np.searchsorted(ends, bounds[:, 0], side="right")
        return np.asarray(begun > over)

    @property
    def _calibration(self) -> TextCalibration:
        return text_calibration(embedded=self.vectors is not None)

    @cached_property
    def _spans(self) -> Bounds:
        return np.array([(x.span.start, x.span.end) for x in self.lines]).reshape(-1, 2)

    @cached_property
    def _words(self) -> WordIndex:
        return WordIndex([line.text for line in self.lines])
