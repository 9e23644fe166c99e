"""How sure a result is: from raw scores to calibrated chances, with constants kept as data.

Two chances are kept apart: that the thing is in the video at all (presence), and that it is in one
window (probability). The first tells `not found` from `found`, the second how sure the place is.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grounder.search.candidates import overlap_with
from grounder.search.track import Bounds, Scores

UNFITTED = "open_clip"
"""The family whose constants stand in for an encoder that has none of its own."""


@dataclass(frozen=True, slots=True)
class Limits:
    """From which chances on a result counts; set for one family of encoders."""

    present: float
    """Below this presence the thing is taken to be nowhere in the video."""
    sure: float
    """From this probability on a window is taken to be the right one."""
    found: float
    """Below this probability a window is not worth showing as a find."""


@dataclass(frozen=True, slots=True)
class VisualCalibration:
    """Turns cosines of windows into chances, for one family of encoders."""

    fitted: bool
    """False: the constants are a guess from the literature, not measured with these weights."""
    presence: tuple[float, float]
    """Intercept and slope of the logistic over the best window's mean cosine, as a part of the query's reach."""
    place: tuple[float, float]
    """The same over the margin: the chance that the first window is right, given that there is one."""
    decay: float
    """What each next window's chance is to the one before it."""
    limits: Limits

    def present(self, cosines: NDArray[np.float64], reach: float) -> float:
        """Return the chance that a video shows the thing, by the mean cosines of its windows.

        0 without windows. `reach` is what `Encoder.reach` says of the query.
        """
        if not len(cosines) or np.isnan(cosines).all():
            return 0.0
        intercept, slope = self.presence
        return float(logistic(np.array(intercept + slope * np.nanmax(cosines) / reach)))

    def windows(self, present: float, margin: float, count: int) -> Scores:
        """Return the chance of each of `count` windows, best first."""
        intercept, slope = self.place
        first = float(logistic(np.array(intercept + slope * margin)))
        return np.asarray(present * first * self.decay ** np.arange(count))


@dataclass(frozen=True, slots=True)
class TextCalibration:
    """Turns how well a line fits a query into the chance that it is what was asked for."""

    fitted: bool
    intercept: float
    slopes: tuple[float, float]
    """Of the cosine, and of the share of the query's words found."""
    most: float
    """No line is surer than this: the rule of succession for the queries that were fitted."""

    def lines(self, cosines: NDArray[np.float64], coverage: NDArray[np.float64]) -> Scores:
        """Return the chance for each line, (n,)."""
        return logistic(self.intercept + self.slopes[0] * cosines + self.slopes[1] * coverage)


def logistic(value: NDArray[np.float64]) -> Scores:
    """Return 1 / (1 + exp(-value)), in [0, 1]."""
    return np.asarray(1 / (1 + np.exp(-np.clip(value, -60, 60))))


def margin(bounds: Bounds, scores: Scores) -> float:
    """Return by how much the best window beats the best one elsewhere, as a part of its score, in [0, 1].

    0 when none stands out, or when the best covers more than half of all that was rated: that is no place.
    """
    if not len(scores) or not scores.max() > 0:
        return 0.0
    best = int(scores.argmax())
    if 2 * (bounds[best, 1] - bounds[best, 0]) > bounds.max() - bounds.min():
        return 0.0
    elsewhere = scores[overlap_with(bounds[best], bounds) == 0]
    return float(np.clip(1 - elsewhere.max(initial=0.0) / scores[best], 0.0, 1.0))


def visual_calibration(
    encoder_name: str, own: Mapping[str, Any] | None = None
) -> VisualCalibration:
    """Return an encoder's own constants, or those of its family, the part of its name before the colon.

    Args:
        encoder_name: `Encoder.name`.
        own: `Encoder.confidence`.
    """
    families = _table()["visual"]
    row = own or families.get(encoder_name.partition(":")[0], families[UNFITTED])
    return VisualCalibration(
        row["fitted"],
        tuple(row["presence"]),
        tuple(row["place"]),
        row["decay"],
        Limits(**row["limits"]),
    )


def text_calibration(*, embedded: bool) -> TextCalibration:
    """Return the constants for lines with sentence vectors, or for words alone."""
    row = _table()["text"]["minilm" if embedded else "words"]
    of_cosine, of_coverage = row["slopes"]
    return TextCalibration(row["fitted"], row["intercept"], (of_cosine, of_coverage), row["most"])


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((files("grounder.search") / "confidence.toml").read_text("utf-8"))
