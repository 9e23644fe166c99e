"""Track: one kind of evidence that lies along a video (pictures, speech, …) and can be asked a query."""

from collections.abc import Iterable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from grounder.span import Span

Bounds = NDArray[np.float64]
"""(n, 2): the start and end of each window, in seconds of the whole video."""

Scores = NDArray[np.float64]
"""(n,): one number a window; NaN where the track has nothing to say."""


class Track(Protocol):
    """What a kind of evidence owes the search; speech recognition and OCR are further tracks."""

    @property
    def name(self) -> str:
        """`visual`, `transcript`, …: shown to people as the source of a result."""

    def score(self, query: str, bounds: Bounds) -> Scores:
        """Rate how well each window fits the query, higher is better; comparable inside one call.

        Raises:
            ValueError: the query is empty.
        """

    def probability(self, query: str, bounds: Bounds) -> Scores:
        """Return the calibrated chance, in [0, 1], that what is asked for is in each window.

        The rows are one list of results, best first; NaN where the track has nothing to say.
        """

    def presence(self, query: str, bounds: Bounds) -> float:
        """Return the calibrated chance, in [0, 1], that it is anywhere at all, judged by these results.

        No lower than the probability of any of them; 0 when the track has nothing to say.
        """

    def describe(self, span: Span) -> str:
        """Return what this track holds there as text (transcript lines, tags), or an empty string."""


def as_bounds(spans: Iterable[Span]) -> Bounds:
    """Return the (n, 2) array of spans."""
    rows = [(span.start, span.end) for span in spans]
    return np.asarray(rows, dtype=np.float64).reshape(-1, 2)


def checked_query(query: str) -> str:
    """Return the query without outer blanks.

    Raises:
        ValueError: nothing is left.
    """
    if not (stripped := query.strip()):
        raise ValueError("The query is empty. Describe what to look for: 'a dog catches a ball'.")
    return stripped
