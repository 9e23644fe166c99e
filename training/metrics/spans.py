"""Scores of temporal grounding: counts that add up over queries, videos and shards; ratios at the end.

A query without a prediction stays in the denominator as IoU 0, and is counted beside it as missing.
"""

import functools
import operator
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, Self, TypeVar

from grounder.span import Span, overlap_of_sets

Passing = Literal[">=", ">"]
"""Whether an IoU equal to the threshold passes. `>=`: moment_detr, VideoMind, lmms-eval; `>`: Time-R1, Ego4D."""

THRESHOLDS = (0.3, 0.5, 0.7)


@dataclass(frozen=True, slots=True)
class SpanScore:
    """How well one predicted span per query fits its truth, over any number of queries."""

    queries: int
    missing: int
    """Queries without a prediction."""
    iou_sum: float
    passed: tuple[int, ...]
    """Queries that passed each of `thresholds`."""
    thresholds: tuple[float, ...] = THRESHOLDS
    passing: Passing = ">="

    def __add__(self, other: "SpanScore") -> "SpanScore":
        if (self.thresholds, self.passing) != (other.thresholds, other.passing):
            raise ValueError(f"{self} and {other} count by different rules and cannot be added.")
        passed = tuple(map(operator.add, self.passed, other.passed))
        return SpanScore(
            self.queries + other.queries,
            self.missing + other.missing,
            self.iou_sum + other.iou_sum,
            passed,
            self.thresholds,
            self.passing,
        )

    @property
    def mean_iou(self) -> float:
        """mIoU, in [0, 1]."""
        return self.iou_sum / self.queries

    @property
    def missing_rate(self) -> float:
        """Share of queries without a prediction, in [0, 1]."""
        return self.missing / self.queries

    def recall(self, threshold: float) -> float:
        """Return R1 at an IoU threshold, in [0, 1].

        Raises:
            ValueError: `threshold` is not one of `thresholds`.
        """
        return self.passed[self.thresholds.index(threshold)] / self.queries


@dataclass(frozen=True, slots=True)
class WindowRecall:
    """How many queries have their truth in the first k windows, over any number of queries."""

    queries: int
    found: int

    def __add__(self, other: "WindowRecall") -> "WindowRecall":
        return WindowRecall(self.queries + other.queries, self.found + other.found)

    @property
    def rate(self) -> float:
        """Recall at k, in [0, 1]."""
        return self.found / self.queries


def best_iou(predicted: Span | None, truth: Sequence[Span]) -> float:
    """Return the IoU with the truth span that fits best, 0 without a prediction."""
    return 0.0 if predicted is None else max(predicted.iou(span) for span in truth)


def score_span(
    predicted: Span | None,
    truth: Sequence[Span],
    *,
    thresholds: tuple[float, ...] = THRESHOLDS,
    passing: Passing = ">=",
) -> SpanScore:
    """Score one query: its top prediction against every truth span (at least one), best IoU counts."""
    iou = best_iou(predicted, truth)
    passes = operator.ge if passing == ">=" else operator.gt
    passed = tuple(int(passes(iou, threshold)) for threshold in thresholds)
    return SpanScore(1, int(predicted is None), iou, passed, thresholds, passing)


def score_windows(
    windows: Sequence[Span], truth: Sequence[Span], k: int, *, coverage: float = 0.5
) -> WindowRecall:
    """Score one query: do the first k windows cover `coverage` of one truth span between them?

    Coverage, not IoU: a window is where a grounder looks, and may well be wider than the moment.
    """
    seen = list(windows[:k])
    best = max(overlap_of_sets(seen, [span]) / span.duration for span in truth)
    return WindowRecall(1, int(best >= coverage))


class Additive(Protocol):
    """Counts that add up."""

    def __add__(self, other: Self) -> Self: ...


Score = TypeVar("Score", bound=Additive)


def total(scores: Iterable[Score]) -> Score:
    """Add up at least one score."""
    return functools.reduce(operator.add, scores)


def bootstrap(
    by_video: Sequence[Score],
    ratio: Callable[[Score], float],
    *,
    level: float = 0.95,
    draws: int = 2000,
    seed: int = 0,
) -> tuple[float, float]:
    """Return the percentile interval of `ratio` when the videos are drawn anew with replacement.

    Queries of one video are not independent, so videos are drawn, not queries.
    """
    dice = random.Random(seed)
    drawn = sorted(ratio(total(dice.choices(by_video, k=len(by_video)))) for _ in range(draws))
    tail = (1 - level) / 2
    return drawn[round(tail * (draws - 1))], drawn[round((1 - tail) * (draws - 1))]


def whole_video(duration: float) -> Span:
    """Return the baseline that always answers with everything."""
    return Span(0.0, duration)


def centre_prior(duration: float) -> Span:
    """Return the baseline that always answers with the middle half."""
    return Span(duration / 4, duration * 3 / 4)


def random_span(duration: float, dice: random.Random) -> Span:
    """Draw a span between two uniform moments."""
    start, end = sorted(dice.uniform(0.0, duration) for _ in range(2))
    return Span(start, max(end, start + 1e-6))


def random_windows(windows: Sequence[Span], duration: float, dice: random.Random) -> list[Span]:
    """Draw windows as long as the given ones at uniform places: what a blind search would return."""
    starts = [dice.uniform(0.0, max(0.0, duration - window.duration)) for window in windows]
    return [
        window.shift(start - window.start) for window, start in zip(windows, starts, strict=True)
    ]
