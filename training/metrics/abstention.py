"""Knowing when not to answer: risk against coverage, present against absent, and whether chances hold what they say.

Arrays have one entry per query. Equal confidences are never told apart by the order of a file: they enter
together, or as any order of them would on average.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.metrics.case import Floats

Bools = NDArray[np.bool_]
BINS = 10


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """What is gained by answering less: one point per distinct confidence, the surest first."""

    coverage: Floats
    """Share of all queries that are answered, in (0, 1]."""
    risk: Floats
    """Share of these that are wrong, in [0, 1]."""
    threshold: Floats
    """The confidence from which on they are answered."""
    area: float
    """AURC: the mean risk over all numbers of answers, 1 to n (Geifman et al. 2019, arXiv 1805.08206); lower is better."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Queries of about one confidence."""

    stated: float
    """Mean confidence."""
    true: float
    """Share that is right."""
    queries: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """Whether chances hold what they say."""

    error: float
    """Mean distance between stated and true, each bin weighted by its queries (ECE), in [0, 1]."""
    bins: tuple[Bin, ...]
    queries: int


@dataclass(frozen=True, slots=True)
class Refusals:
    """Who was turned away; None where there is nobody to turn away."""

    absent_refused: float | None
    """Share of the queries that are never true which were refused."""
    present_refused: float | None
    """Share of the queries that are true somewhere which were refused."""
    accuracy: float
    """Share of all queries that were rightly refused or rightly not."""
    absent: int
    present: int


def risk_coverage(confidence: Floats, wrong: Bools) -> RiskCoverage:
    """Return the curve of answering the surest queries first.

    Args:
        confidence: (n,), n > 0, finite; any scale.
        wrong: (n,).
    """
    order = np.argsort(-confidence, kind="stable")
    values, faults = confidence[order], wrong[order].astype(float)
    ends = np.append(np.flatnonzero(np.diff(values)), len(values) - 1) + 1
    total = faults.cumsum()[ends - 1]
    count = np.arange(1, len(values) + 1)
    # Within equals the faults come evenly: what any order of them gives on average.
    spread = np.interp(count, np.append(0, ends), np.append(0.0, total))
    return RiskCoverage(
        ends / len(values), total / ends, values[ends - 1], float((spread / count).mean())
    )


def coverage_at(curve: RiskCoverage, risk: float) -> float:
    """Return the most that can be answered with at most this risk, as a share; 0 where nothing can."""
    return float(curve.coverage[curve.risk <= risk].max(initial=0.0))


def auroc(score: Floats, positive: Bools) -> float | None:
    """Return the chance that a positive scores above a negative, equals counting half; None without both kinds."""
    yes, no = score[positive], score[~positive]
    if not len(yes) or not len(no):
        return None
    below, not_above = np.searchsorted(np.sort(no), yes), np.searchsorted(np.sort(no), yes, "right")
    return float((below + not_above).mean() / (2 * len(no)))


def calibration(chance: Floats, happened: Bools, *, bins: int = BINS) -> Calibration:
    """Return how far chances are from shares, over bins of about equally many queries; equals share a bin.

    Args:
        chance: (n,), n > 0, in [0, 1].
        happened: (n,).
        bins: at most so many.
    """
    order = np.argsort(chance, kind="stable")
    values, true = chance[order], happened[order].astype(float)
    wanted = np.arange(1, bins) * len(values) // bins
    cuts = np.unique(np.searchsorted(values, values[wanted], "left"))
    parts = zip(np.split(values, cuts), np.split(true, cuts), strict=True)
    found = tuple(
        Bin(float(stated.mean()), float(right.mean()), len(stated))
        for stated, right in parts
        if len(stated)
    )
    error = sum(abs(one.stated - one.true) * one.queries for one in found) / len(values)
    return Calibration(error, found, len(values))


def refusals(refused: Bools, absent: Bools) -> Refusals:
    """Return how refusals fall on queries that are never true and on the rest, (n,) each, n > 0."""
    return Refusals(
        _share(refused[absent]),
        _share(refused[~absent]),
        float((refused == absent).mean()),
        int(absent.sum()),
        int((~absent).sum()),
    )


def _share(values: Bools) -> float | None:
    return float(values.mean()) if len(values) else None
