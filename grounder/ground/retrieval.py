"""RetrievalGrounder: moments from the index alone, no vision-language model asked."""

import math

import numpy as np

from grounder.ground.grounding import Grounding, Moment
from grounder.search import Searchable, Window, as_bounds, search
from grounder.span import Span
from grounder.video import Video

MOST = 5
"""Moments of one query in one stretch."""
ALSO = 0.75
"""Part of the best moment's rating that another must reach to be one too."""
NOTHING = 1e-9
"""A contrast of this size is rounding: the curve is flat."""


class RetrievalGrounder:
    """Finds moments as the stretches whose frames and lines stand out of their video.

    They are the search's own windows: their boundaries are scene cuts or, inside a scene, the steps of
    its sliding windows. A stretch that is such a window is hardly ever better narrowed down: windows of
    a finer grid scored higher, and were right less often (R1@0.3 of 0.20 against 0.32 on the 82
    development queries, `training/grounding_table.py`).
    """

    name = "retrieval"
    max_window = math.inf

    def __init__(
        self, indexed: Searchable, *, longest: float = 60.0, min_probability: float = 0.0
    ) -> None:
        """Ground in `indexed`.

        Args:
            indexed: The video's scenes and tracks.
            longest: Seconds no moment exceeds. Give what the search was given, to get its windows.
            min_probability: Less probable moments are left out.
        """
        self.indexed = indexed
        self.longest = longest
        self.min_probability = min_probability

    def ground(self, video: Video, within: Span, query: str) -> Grounding:
        """Look for `query` inside `within`; `video` is not decoded.

        Several moments come back when several stand out nearly alike, none when nothing does.

        Raises:
            ValueError: the query is empty, or `within` lies outside the video.
        """
        windows = search(self.indexed, query, k=MOST, longest=self.longest, within=within)
        moments = tuple(
            Moment(window.span, window.probability)
            for window in self._standing_out(windows, query)
            if window.probability >= self.min_probability
        )
        return Grounding(moments, within, "retrieval_probability")

    def _standing_out(self, windows: list[Window], query: str) -> list[Window]:
        bounds = as_bounds(window.span for window in windows)
        kept = np.zeros(len(windows), bool)
        for track in self.indexed.tracks:
            scores = np.nan_to_num(track.score(query, bounds))
            best = scores.max(initial=0.0)
            kept |= (scores >= ALSO * best) & (best > NOTHING)
        return [window for window, keep in zip(windows, kept, strict=True) if keep]
