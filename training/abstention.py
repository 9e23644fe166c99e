"""Thresholds from labelled queries: from which chances on the agent answers, answers surely, or refuses.

The rule that they feed is `agent.deciding`. With `n` sure answers of which `w` are wrong, their risk is taken to be
(w + 1) / (n + 1): a threshold that only few answers passed must not look safer than it is.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from agent.context import Thresholds
from agent.deciding import BY_INDEX, doubt, is_evidence
from agent.state import Candidate
from grounder.errors import DatasetError
from training.metrics.case import Floats

LEAST = 20
"""Queries of each kind: below it the 95 % interval of a rate of 0.8 is wider than ±0.18."""
LEAST_VIDEOS = 4
FOLDS = 10
KEPT = 0.95
"""Share of the right moments that `found` lets pass, where the index has already judged presence."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One labelled query, and the first moment that came when nothing was held back."""

    video: str
    present: bool
    """It is true somewhere in the video."""
    right: bool
    """The moment is the one (or one of those) asked for; never where it is not present."""
    presence: float
    """Chance that it is in the video at all, in [0, 1]."""
    score: float
    """Chance or confidence of the moment, in [0, 1]; 0 without one."""
    kind: str = BY_INDEX
    """What the score is, as in `agent.Evidence`."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What thresholds do on trials."""

    refused_absent: float
    """Share of the absent queries that is refused."""
    refused_present: float
    """Share of the present queries that is refused."""
    sure: int
    """Answers given without a doubt."""
    wrong: int
    """Of these."""
    queries: int

    @property
    def risk(self) -> float | None:
        """Share of the sure answers that is wrong; None without any."""
        return self.wrong / self.sure if self.sure else None


def check_enough(trials: Sequence[Trial]) -> None:
    """Refuse to fit on too little.

    Raises:
        DatasetError: queries of one kind, or videos, are too few; the message says how many are needed.
    """
    present = sum(trial.present for trial in trials)
    absent, videos = len(trials) - present, len({trial.video for trial in trials})
    if min(present, absent) < LEAST or videos < LEAST_VIDEOS:
        raise DatasetError(
            f"{present} present and {absent} absent queries of {videos} videos are too few to fit thresholds on. "
            f"Label at least {LEAST} of each kind in at least {LEAST_VIDEOS} videos; "
            'a row that is never true has "spans": [].'
        )


def fit(trials: Sequence[Trial], *, risk: float, base: Thresholds) -> Thresholds:
    """Return thresholds fitted on trials.

    Args:
        trials: of both kinds.
        risk: share of the sure answers that may be wrong.
        base: what stays where the trials say nothing.
    """
    by_index = all(trial.kind == BY_INDEX for trial in trials)
    separating = np.array([t.presence if by_index else t.score for t in trials])
    parting = _best_split(separating, np.array([trial.present for trial in trials]))
    right = sorted(trial.score for trial in trials if trial.right)
    if by_index:
        found = right[math.floor((1 - KEPT) * len(right))] if len(right) >= LEAST else base.found
        limits = replace(base, present=parting, found=_floored(found))
    else:
        limits = replace(base, found=parting)
    return replace(limits, sure=_sure_from(trials, limits, risk))


def judge(trials: Sequence[Trial], limits: Thresholds) -> Judged:
    """Return what the agent would have done, by its own rule."""
    return _summed(trials, [_decided(trial, limits) for trial in trials])


def held_out(
    trials: Sequence[Trial], *, risk: float, base: Thresholds, folds: int = FOLDS
) -> Judged:
    """Return what fitted thresholds do on videos that they were not fitted on."""
    videos = sorted({trial.video for trial in trials})
    fold_of = {video: number % folds for number, video in enumerate(videos)}
    decided = {}
    for fold in sorted(set(fold_of.values())):
        seen = [trial for trial in trials if fold_of[trial.video] != fold]
        limits = fit(seen, risk=risk, base=base)
        for number, trial in enumerate(trials):
            if fold_of[trial.video] == fold:
                decided[number] = _decided(trial, limits)
    return _summed(trials, [decided[number] for number in range(len(trials))])


def _decided(trial: Trial, limits: Thresholds) -> tuple[bool, bool]:
    """Return whether the moment counts, and whether it is sure."""
    row = _candidate(trial)
    counts = is_evidence(row, limits)
    return counts, counts and not doubt(row, limits, verifier_looks=False)


def _summed(trials: Sequence[Trial], decided: Sequence[tuple[bool, bool]]) -> Judged:
    def refused(wanted: Callable[[Trial], bool]) -> float:
        kind = [
            not counts for trial, (counts, _) in zip(trials, decided, strict=True) if wanted(trial)
        ]
        return sum(kind) / len(kind) if kind else 0.0

    sure = [trial for trial, (_, certain) in zip(trials, decided, strict=True) if certain]
    return Judged(
        refused(lambda trial: not trial.present),
        refused(lambda trial: trial.present),
        len(sure),
        sum(not trial.right for trial in sure),
        len(trials),
    )


def _best_split(values: Floats, positive: NDArray[np.bool_]) -> float:
    """Return the threshold that parts both kinds best, each weighing half; of equally good ones the middle."""
    steps = np.unique(values)
    cuts = (steps[1:] + steps[:-1]) / 2
    if not len(cuts) or positive.all() or not positive.any():
        return float(steps[0])
    passed = values[None] >= cuts[:, None]
    balanced = passed[:, positive].mean(axis=1) + (~passed[:, ~positive]).mean(axis=1)
    best = np.flatnonzero(balanced >= balanced.max() - 1e-12)
    return round(float(cuts[best[len(best) // 2]]), 4)


def _sure_from(trials: Sequence[Trial], limits: Thresholds, risk: float) -> float:
    """Return the lowest score from which on sure answers keep the risk; 1 where none does."""
    rows = sorted((t for t in trials if is_evidence(_candidate(t), limits)), key=lambda t: -t.score)
    wrong, lowest = 0, 1.0
    for number, trial in enumerate(rows, start=1):
        wrong += not trial.right
        last_of_equals = number == len(rows) or rows[number].score < trial.score
        if last_of_equals and (wrong + 1) / (number + 1) <= risk:
            lowest = _floored(trial.score)
    return lowest


def _floored(score: float) -> float:
    """Round down, so that the score itself still passes."""
    return math.floor(score * 10_000) / 10_000


def _candidate(trial: Trial) -> Candidate:
    return Candidate(
        start=0.0,
        end=0.0,
        score=trial.score,
        score_kind=trial.kind,
        presence=trial.presence,
        sources=[],
        query="",
        verdict="unverified",
        note="",
    )
