"""A folder of annotated videos: `annotations.jsonl` with `{type, qid, vid, split, duration, query, relevant_windows}`."""

from pathlib import Path

from scenetg.formats import Label
from scenetg.formats.row import jsonl_rows
from training.benchmarks.benchmark import Benchmark
from training.benchmarks.top_span import HEADLINE, measure
from training.metrics.case import STRICT

KNOWN = ("type", "qid", "vid", "query", "relevant_windows", "duration")


def read(path: Path, companion: Path | None) -> list[Label]:
    """Read the grounding rows; rows of other types (questions, shots) are left out."""
    return [
        Label(
            id=row.text("qid"),
            video=row.text("vid"),
            query=row.text("query"),
            windows=row.windows("relevant_windows"),
            source="annotated",
            place=row.place,
            duration=row.number("duration"),
            extra=row.rest(*KNOWN),
        )
        for row in jsonl_rows(path)
        if row.fields.get("type") == "grounding"
    ]


BENCHMARK = Benchmark(
    name="annotated",
    file="annotations.jsonl",
    origin="Annotate videos of your own",
    own=True,
    read=read,
    measure=measure,
    official=STRICT,
    headline=HEADLINE,
    group=lambda label: str(label.extra.get("split", "all")),
)
