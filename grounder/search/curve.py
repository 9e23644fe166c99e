"""Curve: a score along the time of a video, and how much any window stands out of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grounder.search.track import Bounds, Scores

LENGTH_REWARD = 0.2
"""Power of the duration a contrast is multiplied with: of two windows that stand out alike the longer
is the less likely chance (0.5 is white noise). Set by hand while looking at all development videos:
mIoU of the first window 0.226. `tests/benchmarks/choose_windows.py` tries this, SURROUNDINGS and the
candidates' SHORTEST and RUN: the best of 80 settings reaches 0.248 on the videos it was chosen on, but
0.210 on videos left out of the choice, so 77 queries do not justify another."""
SURROUNDINGS = 2.0
"""Seconds on either side, besides the window's own length, that count as its surroundings."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Values at moments; each holds from half-way to the moment before to half-way to the next."""

    times: NDArray[np.float64]
    """(n,) seconds, never decreasing."""
    values: NDArray[np.float64]
    """(n,)."""

    def contrast(self, bounds: Bounds) -> Scores:
        """Return how much each window stands out of its surroundings and of the whole video.

        Half the difference to the one, half to the other, times a reward for length; NaN for an
        empty curve. No loop over moments: sums come from one running sum.
        """
        if not len(self.times):
            return np.full(len(bounds), np.nan)
        integral = _Integral(self, bounds, centred=True)
        starts, ends = bounds.T
        length = ends - starts
        total = integral.between(starts, ends)
        reach = length + SURROUNDINGS
        low, high = (
            np.maximum(starts - reach, integral.start),
            np.minimum(ends + reach, integral.end),
        )
        nearby = _mean(integral.between(low, high) - total, high - low - length)
        elsewhere = _mean(-total, integral.end - integral.start - length)
        contrast = total / length - (nearby + elsewhere) / 2
        return np.asarray(contrast * length**LENGTH_REWARD)

    def mean(self, bounds: Bounds) -> Scores:
        """Return the mean value inside each window, NaN for an empty curve."""
        if not len(self.times):
            return np.full(len(bounds), np.nan)
        starts, ends = bounds.T
        integral = _Integral(self, bounds, centred=False)
        return np.asarray(integral.between(starts, ends) / (ends - starts))


class _Integral:
    """The running integral of a curve, or of its difference to its mean, over all windows."""

    def __init__(self, curve: Curve, bounds: Bounds, *, centred: bool) -> None:
        times = curve.times
        self.start = min(0.0, times[0], bounds[:, 0].min(initial=0.0))
        self.end = max(times[-1] + 1e-3, bounds[:, 1].max(initial=0.0))
        self._edges = np.concatenate([[self.start], (times[1:] + times[:-1]) / 2, [self.end]])
        widths = np.diff(self._edges)
        mean = np.average(curve.values, weights=widths) if centred else 0.0
        self._sums = np.concatenate([[0.0], np.cumsum((curve.values - mean) * widths)])

    def between(
        self, starts: NDArray[np.float64], ends: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the integral from each start to each end."""
        low, high = np.interp(np.stack([starts, ends]), self._edges, self._sums)
        return np.asarray(high - low)


def _mean(total: NDArray[np.float64], length: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return total / length, and 0 (the centred video's mean) where nothing is left."""
    return np.divide(total, length, out=np.zeros_like(total), where=length > 1e-6)
