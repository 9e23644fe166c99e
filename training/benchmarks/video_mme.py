"""Video-MME: questions on short, medium and long videos (Fu et al. 2024, arXiv 2405.21075)."""

from scenetg.formats import FORMATS
from training.benchmarks.benchmark import Benchmark
from training.metrics.case import Case, Columns, Rules
from training.metrics.choices import accuracy, first_capital

LENGTHS = ("short", "medium", "long")


def measure(cases: list[Case], rules: Rules) -> Columns:
    """Return Acc and the accuracy on videos of each length."""
    return accuracy(
        cases,
        rules,
        parts=LENGTHS,
        part_of=lambda label: [str(label.extra.get("duration_category"))],
    )


BENCHMARK = Benchmark(
    name="video-mme",
    file="output_test_template.json",
    origin="evaluation/output_test_template.json of github.com/BradyFU/Video-MME",
    read=FORMATS["video-mme"].read,
    measure=measure,
    # evaluation/eval_your_results.py, with --skip_missing: only replies with a capital A to D are in the denominator
    # (VLMEvalKit leaves them out as -1, too; lmms-eval counts them as wrong, as `strict` does here).
    official=Rules(
        missing="skip", as_stated=True, unreadable="skip", reading=first_capital("ABCD"), decimals=1
    ),
    headline=("Acc", *(f"Acc {length}" for length in LENGTHS)),
    group=lambda label: str(label.extra.get("task_type", "all")),
    absent=True,
)
