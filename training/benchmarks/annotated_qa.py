"""Questions in a folder of annotated videos: rows `{type: mcqa, qid, vid, question, options, answer_index, evidence_windows}`."""

from pathlib import Path

from scenetg.formats import Label
from scenetg.formats.row import Row, jsonl_rows
from training.benchmarks.benchmark import Benchmark
from training.benchmarks.grounded_questions import HEADLINE, RULES, measure

KNOWN = (
    "type",
    "qid",
    "vid",
    "question",
    "options",
    "answer_index",
    "evidence_windows",
    "duration",
)


def read(path: Path, companion: Path | None) -> list[Label]:
    """Read the questions; rows of other types (grounding, shots) are left out."""
    return [_label(row) for row in jsonl_rows(path) if row.fields.get("type") == "mcqa"]


def _label(row: Row) -> Label:
    options, position = tuple(map(str, row.entries("options"))), row.number("answer_index")
    if position not in range(len(options)):
        row.wrong("answer_index", f"the position of one of {len(options)} options")
    return Label(
        id=row.text("qid"),
        video=row.text("vid"),
        query=row.text("question"),
        windows=row.windows("evidence_windows"),
        source="annotated",
        place=row.place,
        duration=row.number("duration"),
        task="qa",
        question=row.text("question"),
        options=options,
        answer=options[int(position)],
        extra=row.rest(*KNOWN),
    )


BENCHMARK = Benchmark(
    name="annotated-qa",
    file="annotations.jsonl",
    origin="Annotate videos of your own",
    own=True,
    read=read,
    measure=measure,
    official=RULES,
    headline=HEADLINE,
    group=lambda label: str(label.extra.get("split", "all")),
)
