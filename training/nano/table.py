"""The table of the study, from the run folders that its commands leave behind."""

import json
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.nano.commands import score_file

COLUMNS = ("R1@0.3", "R1@0.5", "R1@0.7", "mIoU", "Refused", "Refused wrongly")
T_95 = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365}
"""Student's t for a two-sided 95% interval, by the number of runs."""


@dataclass(frozen=True, slots=True)
class Result:
    """One system on videos of one length."""

    system: str
    length: int
    runs: tuple[Mapping[str, float], ...]
    """Percent by column, for each seed."""
    interval: tuple[float, float] | None
    """Of mIoU over videos, where there is one run only."""


def read_systems(
    folder: Path, names: Mapping[str, Sequence[str]], lengths: Sequence[int]
) -> list[Result]:
    """Return what has been measured so far of systems, each with the names of its runs, at some lengths in seconds."""
    found = (
        _result(folder, system, runs, length)
        for length in lengths
        for system, runs in names.items()
    )
    return [result for result in found if result is not None]


def markdown(results: Iterable[Result]) -> str:
    """Return one table with a block for each length."""
    lines = [
        f"| length | system | runs | {' | '.join(COLUMNS)} |",
        f"|---|---|---|{'---|' * len(COLUMNS)}",
    ]
    for result in results:
        cells = [_cell(result, column) for column in COLUMNS]
        lines.append(
            f"| {result.length} s | {result.system} | {len(result.runs)} | {' | '.join(cells)} |"
        )
    return "\n".join(lines)


def mean_interval(values: Sequence[float]) -> tuple[float, float]:
    """Return the mean and half the width of its 95% interval over runs; 0 for one run."""
    mean = statistics.fmean(values)
    if len(values) < 2:
        return mean, 0.0
    spread = statistics.stdev(values) / len(values) ** 0.5
    return mean, T_95.get(len(values), 1.96) * spread


def _result(folder: Path, system: str, runs: Sequence[str], length: int) -> Result | None:
    files = [score_file(folder, run, length) for run in runs]
    read = [_strict(file) for file in files if file.is_file()]
    if not read:
        return None
    rows = tuple(
        {name: cell["percent"] for name, cell in values.items() if name in COLUMNS}
        for values in read
    )
    interval = tuple(read[0]["mIoU"]["interval"]) if len(read) == 1 else None
    return Result(system, length, rows, interval)


def _strict(file: Path) -> dict[str, Any]:
    document = json.loads(file.read_text(encoding="utf-8"))
    values: dict[str, Any] = document["tables"]["strict"]["values"]
    return values


def _cell(result: Result, column: str) -> str:
    values = [run[column] for run in result.runs if column in run]
    if not values:
        return "–"
    mean, half = mean_interval(values)
    if len(values) > 1:
        return f"{mean:.1f} ± {half:.1f}"
    if column == "mIoU" and result.interval is not None:
        low, high = result.interval
        return f"{mean:.1f} [{low:.1f}, {high:.1f}]"
    return f"{mean:.1f}"
