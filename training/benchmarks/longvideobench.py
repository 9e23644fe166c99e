"""LongVideoBench: questions that refer to a moment of a video of up to an hour (Wu et al. 2024, arXiv 2407.15754)."""

from scenetg.formats import FORMATS
from training.benchmarks.benchmark import Benchmark
from training.metrics.case import Case, Columns, Rules
from training.metrics.choices import ANNOUNCED, accuracy, first_capital

LENGTHS = ("15", "60", "600", "3600")
"""Groups of videos, named by the most seconds that they last."""


def measure(cases: list[Case], rules: Rules) -> Columns:
    """Return Acc and the accuracy of each group of lengths."""
    return accuracy(
        cases, rules, parts=LENGTHS, part_of=lambda label: [str(label.extra.get("duration_group"))]
    )


BENCHMARK = Benchmark(
    name="longvideobench",
    file="lvb_val.json",
    origin="lvb_val.json of the data set longvideobench/LongVideoBench (the test answers are not public)",
    read=FORMATS["longvideobench"].read,
    measure=measure,
    # lmms-eval tasks/longvideobench/utils.py, after the authors: a reply without a letter draws one. Here it counts
    # what such a draw is worth on average, so that scoring twice gives one number.
    official=Rules(
        missing="skip",
        as_stated=True,
        unreadable="guess",
        reading=first_capital("ABCDE", announced=ANNOUNCED),
        decimals=3,
    ),
    headline=("Acc", *(f"Acc {length}" for length in LENGTHS)),
    group=lambda label: str(label.extra.get("question_category", "all")),
    absent=True,
)
