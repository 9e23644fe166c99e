"""LVBench: questions on videos of an hour and more (Wang et al. 2024, arXiv 2406.08035)."""

from collections.abc import Collection

from scenetg.formats import FORMATS, Label
from training.benchmarks.benchmark import Benchmark
from training.metrics.case import Case, Columns, Rules
from training.metrics.choices import accuracy

ABILITIES = {
    "entity recognition": "ER",
    "event understanding": "EU",
    "key information retrieval": "KIR",
    "temporal grounding": "TG",
    "reasoning": "Rea",
    "summarization": "Sum",
}


def abilities(label: Label) -> Collection[str]:
    """Return what a question asks for; it may be several of `ABILITIES`."""
    return [ABILITIES.get(name, name) for name in label.extra.get("question_type", ())]


def measure(cases: list[Case], rules: Rules) -> Columns:
    """Return Acc and the accuracy of each ability."""
    return accuracy(cases, rules, parts=tuple(ABILITIES.values()), part_of=abilities)


def polished(text: str, options: tuple[str, ...]) -> str:
    """Return the first character before the first `)`, after a `(` if there is one."""
    part = text.strip().split(")")[0].strip()
    if "(" in part:
        part = part.split("(")[1].strip()
    return part.split(" ")[0][:1]


BENCHMARK = Benchmark(
    name="lvbench",
    file="video_info.meta.jsonl",
    origin="video_info.meta.jsonl of the data set THUDM/LVBench",
    read=FORMATS["lvbench"].read,
    measure=measure,
    # lvbench/metrics/compute_accuracy.py: only questions with an answer are in the denominator.
    official=Rules(missing="skip", as_stated=True, reading=polished),
    headline=("Acc", *(f"Acc {name}" for name in ABILITIES.values())),
    absent=True,
)
