"""Case: one labelled query and what was predicted for it; and the rules by which cases are scored.

A metric turns cases into columns: one number per case, NaN where the case does not count. So every mean
has its denominator beside it, and every interval can be drawn anew from the same columns.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from scenetg.formats import Label
from training.metrics.spans import Passing

Floats = NDArray[np.float64]
Columns = dict[str, Floats]
Reading = Callable[[str, tuple[str, ...]], str]
"""From a text and the options to the letters that it names; empty where it names none."""
Stated = tuple[float, float, float]
"""Start, end (seconds) and score of a predicted window; NaN ends: nothing that could be right, its rank is kept."""


@dataclass(frozen=True, slots=True)
class Predicted:
    """What a system said about one query."""

    id: str
    place: str
    """File and line."""
    windows: tuple[Stated, ...] = ()
    """In the order of the file."""
    saliency: tuple[float, ...] | None = None
    """One score per clip of the video."""
    answer: str | None = None
    expected: str | None = None
    """The right answer, where the predictions state it themselves (NExT-GQA)."""
    status: Literal["ok", "repaired", "failed"] = "ok"


@dataclass(frozen=True, slots=True)
class Case:
    """A label with its prediction."""

    label: Label
    predicted: Predicted | None


@dataclass(frozen=True, slots=True)
class Rules:
    """What official scripts do differently, as data; the defaults are those of the `strict` preset."""

    passing: Passing = ">="
    missing: Literal["zero", "skip", "refuse"] = "zero"
    """A query without a prediction: counts 0, is left out of the denominator, or ends the scoring."""
    unknown: Literal["drop", "refuse"] = "drop"
    """A prediction for a query that the annotations do not have."""
    empty: Literal["zero", "refuse"] = "zero"
    """A prediction without a window."""
    as_stated: bool = False
    """Score windows that are reversed or pass the end of the video as they are; else as nothing, or cut."""
    turned: bool = False
    """A window whose ends are the wrong way round counts as if they were right."""
    unreadable: Literal["zero", "skip", "guess"] = "zero"
    """A reply that cannot be read: counts 0, is left out of the denominator, or as a guess at random would on average."""
    reading: Reading | None = None
    """How the letter of an answer is read; None: as `choices.read_choice` does."""
    mean_of_best: int = 0
    """mIoU is the mean of the best N overlaps among all windows (Ego4D: 3) or all truths (DiDeMo: 3); 0: the overlap
    of the first window."""
    decimals: int | None = None
    """Decimals to which each percentage is rounded."""
    unrounded: tuple[str, ...] = ()
    """Columns that the script leaves as they are."""


STRICT = Rules()


def passes(values: Floats, threshold: float, passing: Passing) -> Floats:
    """Return 1.0 where a value passes a threshold, else 0.0; NaN never passes."""
    return (values >= threshold if passing == ">=" else values > threshold).astype(float)


def counted(cases: list[Case], rules: Rules) -> NDArray[np.bool_]:
    """Tell which cases are in the denominator."""
    there = np.array([case.predicted is not None for case in cases], dtype=bool)
    return there if rules.missing == "skip" else np.ones_like(there)


def best_overlaps(cases: list[Case]) -> list[Floats]:
    """Return, for each case, the best IoU of each of its windows with any truth window, in rank order.

    Union is the hull of both, as in the official scripts: the same wherever the overlap is not 0.
    """
    return [
        np.array(
            [
                best_overlap(window, case.label.windows)
                for window in (case.predicted or NOTHING).windows
            ]
        )
        for case in cases
    ]


def hull_iou(start: float, end: float, true_start: float, true_end: float) -> float:
    """Return overlap over hull, in [0, 1]; 0 where either is no stretch of time."""
    shared = min(end, true_end) - max(start, true_start)
    hull = max(end, true_end) - min(start, true_start)
    return shared / hull if shared > 0 and hull > 0 else 0.0


def best_overlap(window: Stated, truth: Sequence[tuple[float, float]]) -> float:
    """Return the IoU of a predicted window with the truth that fits it best."""
    if math.isnan(window[0] + window[1]):
        return 0.0
    return max((hull_iou(window[0], window[1], start, end) for start, end in truth), default=0.0)


def first_overlap(case: Case, truth: Sequence[tuple[float, float]]) -> float:
    """Return the IoU of a case's first window with the truth that fits it best; 0 without a window."""
    windows = (case.predicted or NOTHING).windows
    return best_overlap(windows[0], truth) if windows else 0.0


def truth_is_reachable(case: Case) -> bool:
    """Tell whether any prediction at all could overlap the truth (a point cannot be overlapped)."""
    return any(start < end for start, end in case.label.windows)


NOTHING = Predicted("", "")
