"""A rendered world: the folder that `whenwhat world` makes, where every event is known; queries that are never true, too."""

from pathlib import Path

from scenetg.formats import Label
from training.benchmarks import rows
from training.benchmarks.benchmark import Benchmark
from training.metrics.case import STRICT

TEST = "test.jsonl"


def read(path: Path, companion: Path | None) -> list[Label]:
    """Read the grounding rows of a folder's test split, or of one of its files."""
    return rows.read(path / TEST if path.is_dir() else path, companion)


BENCHMARK = Benchmark(
    name="world",
    file=TEST,
    origin="Render one with `whenwhat world OUT --split test`",
    own=True,
    read=read,
    measure=rows.measure,
    official=STRICT,
    headline=rows.BENCHMARK.headline,
    group=rows.BENCHMARK.group,
    absent=True,
)
