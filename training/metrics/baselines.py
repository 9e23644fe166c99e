"""Systems that look at nothing: what a number must be compared with before it says anything."""

import random
from collections.abc import Callable, Sequence

import numpy as np

from grounder.span import Span
from scenetg.formats import Label
from training.metrics.case import Case, Columns, Predicted
from training.metrics.interval import mean
from training.metrics.spans import centre_prior, random_span, whole_video

DRAWS = 10
"""Random answers per query: the baseline is their mean."""
Share = tuple[float, float]
Measure = Callable[[list[Case]], Columns]


def mean_span(labels: Sequence[Label]) -> Share:
    """Return where the spans of a training set lie on average: start and end as shares of the video.

    Raises:
        ValueError: no label has both a duration and a span.
    """
    shares = [
        (start / label.duration, end / label.duration)
        for label in labels
        if label.duration
        for start, end in label.windows
    ]
    if not shares:
        raise ValueError("No training label has both a duration and a span.")
    start, end = np.mean(shares, axis=0)
    return float(start), float(end)


def baselines(
    labels: Sequence[Label], measure: Measure, *, trained: Share | None = None
) -> dict[str, dict[str, float]]:
    """Return the strict means of each baseline, in percent, on labels that all have a duration.

    Args:
        labels: the queries.
        measure: the benchmark's metrics.
        trained: see `mean_span`; without it that baseline is left out.
    """
    systems: dict[str, Callable[[float], Share]] = {
        "whole video": lambda duration: _ends(whole_video(duration)),
        "centre half": lambda duration: _ends(centre_prior(duration)),
    }
    if trained is not None:
        start, end = trained
        systems["mean span of training"] = lambda duration: (start * duration, end * duration)
    means = {name: _means(_answered(labels, system), measure) for name, system in systems.items()}
    dice = random.Random(0)
    draws = [
        _means(_answered(labels, lambda duration: _ends(random_span(duration, dice))), measure)
        for _ in range(DRAWS)
    ]
    averaged = {name: sum(draw[name] for draw in draws) / DRAWS for name in draws[0]}
    return {"random span": averaged} | means


def _ends(span: Span) -> Share:
    return span.start, span.end


def _answered(labels: Sequence[Label], system: Callable[[float], Share]) -> list[Case]:
    return [
        Case(label, Predicted(label.id, "", ((*system(label.duration or 0.0), 1.0),)))
        for label in labels
    ]


def _means(cases: list[Case], measure: Measure) -> dict[str, float]:
    means = {name: mean(column) for name, column in measure(cases).items()}
    return {name: 100 * value for name, value in means.items() if value is not None}
