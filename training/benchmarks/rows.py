"""Unified rows with known truth, as `whenwhat world` and the dataset builder write them; also queries that are never true."""

from pathlib import Path

import numpy as np

from grounder.sample import read_samples
from scenetg.formats import Label
from training.benchmarks.benchmark import Benchmark
from training.benchmarks.top_span import HEADLINE
from training.benchmarks.top_span import measure as measure_present
from training.metrics.case import NOTHING, STRICT, Case, Columns, Rules, counted


def read(path: Path, companion: Path | None) -> list[Label]:
    """Read the grounding rows of a JSONL file; rows of other tasks are left out."""
    return [
        Label(
            id=sample.id,
            video=sample.video,
            query=sample.query,
            windows=tuple((span.start, span.end) for span in sample.spans),
            source=sample.source,
            place=f"{path} {sample.id}",
            duration=sample.duration,
            extra=dict(sample.meta),
        )
        for sample in read_samples(path)
        if sample.task == "ground"
    ]


def measure(cases: list[Case], rules: Rules) -> Columns:
    """Return R1 and mIoU over queries that are true somewhere, and Refused over those that never are."""
    absent = np.array([not case.label.windows for case in cases])
    columns = {
        name: np.where(absent, np.nan, c) for name, c in measure_present(cases, rules).items()
    }
    said = [case.predicted or NOTHING for case in cases]
    # No line and no readable reply are no refusal.
    nowhere = [bool(one.id) and one.status != "failed" and not one.windows for one in said]
    there = counted(cases, rules)
    return columns | {
        "Refused": np.where(absent & there, np.array(nowhere, dtype=float), np.nan),
        "Refused wrongly": np.where(~absent & there, np.array(nowhere, dtype=float), np.nan),
    }


BENCHMARK = Benchmark(
    name="rows",
    file="test.jsonl",
    origin="Make rows with `whenwhat world OUT --split test`",
    own=True,
    read=read,
    measure=measure,
    official=STRICT,
    headline=(*HEADLINE, "Refused", "Refused wrongly"),
    group=lambda label: str(label.extra.get("kind", "all")),
    absent=True,
)
