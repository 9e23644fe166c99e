"""Two runs side by side: on the same queries, with the chance that a difference is luck."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from grounder.errors import DatasetError
from scenetg.formats import Label
from training.benchmarks import BENCHMARKS, Benchmark
from training.evaluate.folder import PREDICTIONS, RunFolder
from training.matching import match, under
from training.metrics.case import STRICT, Columns, Floats
from training.metrics.interval import DRAWS, bounds, drawn_means, mean
from training.predictions import Predictions, read_predictions


@dataclass(frozen=True, slots=True)
class Difference:
    """One metric of both runs, strict, in percent."""

    first: float
    second: float
    difference: float
    """Second minus first."""
    interval: tuple[float, float]
    """95 % of the difference: videos drawn anew, the same ones for both runs."""
    chance: float
    """Two-sided: how often a difference that is none would look like this; not corrected for many metrics."""
    queries: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs."""

    benchmark: str
    runs: tuple[str, str]
    systems: tuple[str, str]
    queries: int
    """In both, with the same truth."""
    videos: int
    only: tuple[int, int]
    """Queries of one run alone, which are left out."""
    changed: int
    """Queries of both whose labels differ, which are left out."""
    settings: dict[str, tuple[object, object]]
    """What else was set differently."""
    metrics: dict[str, Difference]

    def document(self) -> dict[str, object]:
        """Return the JSON form."""
        return {"status": "ok"} | asdict(self)


def compare(first: RunFolder, second: RunFolder) -> Comparison:
    """Compare two runs of one benchmark.

    Raises:
        DatasetError: they are of two benchmarks, are not finished, or share no query.
    """
    runs = first.run(), second.run()
    if runs[0].benchmark != runs[1].benchmark or runs[0].benchmark not in BENCHMARKS:
        raise DatasetError(
            f"{first.path} is a run of {runs[0].benchmark}, {second.path} of {runs[1].benchmark}. "
            "Compare two runs of one benchmark."
        )
    benchmark = BENCHMARKS[runs[0].benchmark]
    labels = [{label.id: label for label in folder.labels()} for folder in (first, second)]
    both = [qid for qid in labels[0] if qid in labels[1]]
    shared = [labels[0][qid] for qid in both if _truth(labels[0][qid]) == _truth(labels[1][qid])]
    if not shared:
        raise DatasetError(
            f"{first.path} and {second.path} share no query. Compare runs of one split."
        )
    columns = [_columns(folder, benchmark, shared) for folder in (first, second)]
    return Comparison(
        benchmark=benchmark.name,
        runs=(str(first.path), str(second.path)),
        systems=(runs[0].system, runs[1].system),
        queries=len(shared),
        videos=len({label.video for label in shared}),
        only=(len(labels[0]) - len(both), len(labels[1]) - len(both)),
        changed=len(both) - len(shared),
        settings={
            name: (getattr(runs[0], name), getattr(runs[1], name))
            for name in ("split", "limit", "shard", "seed", "frames", "thresholds")
            if getattr(runs[0], name) != getattr(runs[1], name)
        },
        metrics=differences(columns[0], columns[1], [label.video for label in shared]),
    )


def differences(first: Columns, second: Columns, videos: Sequence[str]) -> dict[str, Difference]:
    """Return, for each column of both, how the means differ and how sure that is."""
    found = {}
    for name in first:
        if name not in second:
            continue
        gain = second[name] - first[name]
        there = ~np.isnan(gain)
        if not there.any():
            continue
        drawn = drawn_means([gain], videos)[:, 0]
        interval = bounds(drawn)
        assert interval is not None  # something counts
        found[name] = Difference(
            first=_percent(first[name][there]),
            second=_percent(second[name][there]),
            difference=_percent(gain[there]),
            interval=(100 * interval[0], 100 * interval[1]),
            chance=luck(drawn),
            queries=int(there.sum()),
        )
    return found


def luck(drawn: Floats) -> float:
    """Return the two-sided share of drawn differences on the other side of 0, never below one draw."""
    drawn = drawn[~np.isnan(drawn)]
    tail = min(float((drawn <= 0).mean()), float((drawn >= 0).mean()))
    return min(1.0, max(2 * tail, 1 / DRAWS))


def markdown(comparison: Comparison) -> str:
    """Write the comparison for people, as Markdown."""
    lines = [
        f"{comparison.benchmark}: {comparison.queries} queries of both, {comparison.videos} videos",
        f"A  {comparison.runs[0]}  {comparison.systems[0]}",
        f"B  {comparison.runs[1]}  {comparison.systems[1]}",
    ]
    if any(comparison.only) or comparison.changed:
        lines.append(
            f"left out: {comparison.only[0]} queries of A alone, {comparison.only[1]} of B alone, "
            f"{comparison.changed} whose labels differ"
        )
    lines += [f"{name}: A {a}, B {b}" for name, (a, b) in comparison.settings.items()]
    lines += ["", "| metric, % | A | B | B - A [95 %] | p | queries |", "|---" * 6 + "|"]
    for name, row in comparison.metrics.items():
        low, high = row.interval
        lines.append(
            f"| {name} | {row.first:.2f} | {row.second:.2f} | {row.difference:+.2f} [{low:+.1f}, {high:+.1f}] "
            f"| {row.chance:.3f} | {row.queries} |"
        )
    return "\n".join([*lines, "", "Strict rules; p is not corrected for the number of metrics."])


def _columns(folder: RunFolder, benchmark: Benchmark, labels: Sequence[Label]) -> Columns:
    file = folder.path / PREDICTIONS
    if not file.is_file():
        raise DatasetError(f"{folder.path} has no predictions yet. Finish the run first.")
    said = read_predictions(file)
    known = {label.id for label in labels}
    shared = Predictions(tuple(row for row in said.rows if row.id in known), said.problems)
    return benchmark.measure(under(match(labels, shared, absent=benchmark.absent), STRICT), STRICT)


def _truth(label: Label) -> tuple[object, ...]:
    return label.video, label.windows, label.answer


def _percent(column: Floats) -> float:
    return 100 * (mean(column) or 0.0)
