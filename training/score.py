"""`whenwhat score`: score a file of predictions on a public benchmark, without any model."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grounder.cli.console import print_json, print_note, print_warning, printable
from grounder.cli.options import JsonOption
from training.label_options import AnnotationsOption, CompanionOption, TrainLabelsOption

if TYPE_CHECKING:
    from training.benchmarks import Benchmark
    from training.predictions import Problem
    from training.scoring import Report, Value

SHOWN = 5
"""Problems of each kind that are printed; `--json` has all of them."""


def score(
    benchmark: Annotated[str, typer.Argument(help="Its name, as in qvhighlights or nextgqa.")],
    predictions: Annotated[
        Path,
        typer.Option(
            "--predictions",
            help='JSONL of {"qid": …, "spans": [[start, end], …]}, or in the form of the official script.',
        ),
    ],
    annotations: AnnotationsOption = None,
    companion: CompanionOption = None,
    answers: Annotated[
        Path | None,
        typer.Option("--answers", help="Predicted answers, where they are in a file of their own."),
    ] = None,
    shares: Annotated[
        bool,
        typer.Option("--shares", help="Predicted times are shares of the video, from 0 to 1."),
    ] = False,
    train: TrainLabelsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Score predictions by the benchmark's own rules and by uniform strict ones, beside blind baselines."""
    from training.benchmarks import annotations_path
    from training.predictions import as_seconds, read_predictions
    from training.scoring import score as score_file

    chosen = named(benchmark)
    labels = chosen.read(annotations or annotations_path(chosen), companion)
    said = read_predictions(predictions, answers=answers)
    if shares:
        said = as_seconds(said, {label.id: label.duration for label in labels if label.duration})
    trained = None if train is None else mean_span_of(chosen, train, companion)
    report = score_file(chosen, labels, said, trained=trained)
    if as_json:
        print_json(document(report))
        return
    tell_problems(report.problems)
    typer.echo(printable(markdown(chosen, report)))
    if not report.baselines:
        print_note(f"No baselines: the lengths of the videos are not known. {chosen.companion}")


def named(name: str) -> "Benchmark":
    """Return a benchmark; an unknown name is a usage error that lists the known ones."""
    from training.benchmarks import BENCHMARKS

    if name not in BENCHMARKS:
        raise typer.BadParameter(f"{name!r} is no benchmark. Known: {', '.join(BENCHMARKS)}.")
    return BENCHMARKS[name]


def mean_span_of(
    benchmark: "Benchmark", train: Path, companion: Path | None
) -> tuple[float, float]:
    """Return the mean span of a training set; without durations that is a usage error."""
    from training.metrics.baselines import mean_span

    try:
        return mean_span(benchmark.read(train, companion))
    except ValueError as error:
        raise typer.BadParameter(f"{train}: {error}", param_hint="--train") from error


def document(report: "Report") -> dict[str, object]:
    """Return the report as JSON values."""
    from training.scoring import problem_counts

    return {"status": "ok", "problem_counts": problem_counts(report.problems)} | asdict(report)


def tell_problems(problems: "Sequence[Problem]") -> None:
    """Print the first problems of each kind as warnings, and how many more there are."""
    kinds: dict[str, list[Problem]] = {}
    for problem in problems:
        kinds.setdefault(problem.kind, []).append(problem)
    for kind, found in kinds.items():
        for problem in found[:SHOWN]:
            print_warning(str(problem))
        if len(found) > SHOWN:
            print_warning(f"{kind}: {len(found) - SHOWN} more like this; --json has them all.")


def markdown(benchmark: "Benchmark", report: "Report") -> str:
    """Write the table for people, as Markdown."""
    rates = report.rates
    lines = [
        f"{report.benchmark}: {rates.queries} queries, {rates.videos} videos; missing {rates.missing:.1%}, "
        f"unreadable {rates.failed:.1%}, repaired {rates.repaired:.1%}, {len(report.problems)} problems",
        "",
    ]
    official, strict = report.tables["official"], report.tables["strict"]
    if official.refused:
        lines += [f"official: refused. {official.refused}", ""]
    heads = ["metric, % [95 %]", "official", "queries", "strict", "queries", *report.baselines]
    lines += [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for name in benchmark.headline:
        if name not in strict.values:
            continue
        blind = [_number(means.get(name)) for means in report.baselines.values()]
        cells = [*_cells(official.values.get(name)), *_cells(strict.values[name]), *blind]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    for group, values in strict.groups.items():
        # A group may have none of some kind: queries that are never true have no IoU.
        there = [name for name in benchmark.headline if name in values]
        cells = [f"{name} {values[name].percent:.2f}" for name in there]
        count = max((values[name].queries for name in there), default=0)
        lines.append(f"\n{group} ({count}), strict: {', '.join(cells)}")
    return "\n".join(lines)


def _cells(value: "Value | None") -> tuple[str, str]:
    if value is None:
        return "-", "-"
    low, high = value.interval
    return f"{value.percent:.2f} [{low:.1f}, {high:.1f}]", str(value.queries)


def _number(percent: float | None) -> str:
    return "-" if percent is None else f"{percent:.2f}"
