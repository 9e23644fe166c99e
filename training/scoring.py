"""Scoring a prediction file: both presets, intervals, rates, problems and baselines, as one report."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from grounder.errors import DatasetError
from scenetg.formats import Label
from training.benchmarks import Benchmark
from training.matching import Matched, match, under
from training.metrics.baselines import Share, baselines
from training.metrics.case import STRICT, Case, Columns, Floats, Rules
from training.metrics.interval import intervals, mean
from training.predictions import Predictions, Problem

Preset = Literal["official", "strict"]


@dataclass(frozen=True, slots=True)
class Value:
    """A mean over queries."""

    percent: float
    interval: tuple[float, float]
    """95 %, in percent; videos drawn anew."""
    queries: int
    """The denominator."""


@dataclass(frozen=True, slots=True)
class Table:
    """The numbers of one preset."""

    values: dict[str, Value]
    groups: dict[str, dict[str, Value]]
    refused: str = ""
    """Why the official script would not score these predictions."""


@dataclass(frozen=True, slots=True)
class Rates:
    """How many queries have no usable reply, as shares of all queries."""

    queries: int
    videos: int
    missing: float
    """No line in the file."""
    failed: float
    """A reply that could not be read."""
    repaired: float
    """A reply that was mended before it was read."""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything about one file of predictions."""

    benchmark: str
    rates: Rates
    tables: dict[Preset, Table]
    problems: tuple[Problem, ...]
    baselines: dict[str, dict[str, float]]
    """Name to strict means in percent; empty where the lengths of the videos are not known."""


def score(
    benchmark: Benchmark,
    labels: Sequence[Label],
    predictions: Predictions,
    *,
    trained: Share | None = None,
) -> Report:
    """Score predictions against labels under both presets.

    Args:
        benchmark: whose metrics and quirks.
        labels: the annotations.
        predictions: what was predicted.
        trained: mean span of the training set, for the baseline of that name.

    Raises:
        DatasetError: nothing can be scored: no label, no prediction, or those of another split.
    """
    matched = match(labels, predictions, absent=benchmark.absent)
    presets: dict[Preset, Rules] = {"official": benchmark.official, "strict": STRICT}
    tables = {name: _table(benchmark, matched, rules) for name, rules in presets.items()}
    known = all(label.duration for label in labels)
    blind = (
        baselines(labels, lambda cases: benchmark.measure(cases, STRICT), trained=trained)
        if known
        else {}
    )
    return Report(benchmark.name, _rates(matched.cases), tables, matched.problems, blind)


def problem_counts(problems: Sequence[Problem]) -> dict[str, int]:
    """Count the problems of each kind, the most frequent first."""
    return dict(Counter(problem.kind for problem in problems).most_common())


def _table(benchmark: Benchmark, matched: Matched, rules: Rules) -> Table:
    try:
        cases = under(matched, rules)
    except DatasetError as error:
        return Table({}, {}, str(error))
    columns = benchmark.measure(cases, rules)
    videos = [case.label.video for case in cases]
    groups: dict[str, dict[str, Value]] = {}
    if benchmark.group is not None:
        names = np.array([benchmark.group(case.label) for case in cases])
        for name in sorted(set(names.tolist())):
            inside = names == name
            part = {column: values[inside] for column, values in columns.items()}
            groups[name] = _values(
                part, [v for v, i in zip(videos, inside, strict=True) if i], rules
            )
    return Table(_values(columns, videos, rules), groups)


def _values(columns: Columns, videos: Sequence[str], rules: Rules) -> dict[str, Value]:
    bounds = intervals(list(columns.values()), videos)
    values = {}
    for (name, column), interval in zip(columns.items(), bounds, strict=True):
        average = mean(column)
        if average is None or interval is None:
            continue
        decimals = None if name in rules.unrounded else rules.decimals
        low, high = (_percent(end, decimals) for end in interval)
        values[name] = Value(_percent(average, decimals), (low, high), _count(column))
    return values


def _count(column: Floats) -> int:
    return int((~np.isnan(column)).sum())


def _percent(share: float, decimals: int | None) -> float:
    # Rounded as the official scripts do it: by printing.
    return 100 * share if decimals is None else float(f"{100 * share:.{decimals}f}")


def _rates(cases: Sequence[Case]) -> Rates:
    replies = Counter(
        "missing" if case.predicted is None else case.predicted.status for case in cases
    )
    missing, failed, repaired = (
        replies[name] / len(cases) for name in ("missing", "failed", "repaired")
    )
    return Rates(len(cases), len({case.label.video for case in cases}), missing, failed, repaired)
