"""Questions about a rendered world: multiple choice, with the spans that show the answer."""

from pathlib import Path

from grounder.sample import read_samples
from scenetg.formats import Label
from training.benchmarks.benchmark import Benchmark
from training.benchmarks.grounded_questions import HEADLINE, RULES, measure
from training.benchmarks.world import TEST


def read(path: Path, companion: Path | None) -> list[Label]:
    """Read the questions of a folder's test split, or of one of its files."""
    table = path / TEST if path.is_dir() else path
    return [
        Label(
            id=sample.id,
            video=sample.video,
            query=sample.query,
            windows=tuple((span.start, span.end) for span in sample.spans),
            source=sample.source,
            place=f"{table} {sample.id}",
            duration=sample.duration,
            task="qa",
            question=sample.question,
            options=sample.options,
            answer=sample.answer,
            extra=dict(sample.meta),
        )
        for sample in read_samples(table)
        if sample.task == "qa"
    ]


BENCHMARK = Benchmark(
    name="world-qa",
    file=TEST,
    origin="Render one with `whenwhat world OUT --split test`",
    own=True,
    read=read,
    measure=measure,
    official=RULES,
    headline=HEADLINE,
    group=lambda label: str(label.extra.get("kind", "all")),
)
