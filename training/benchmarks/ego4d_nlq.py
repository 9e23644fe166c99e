"""Ego4D natural language queries: short moments in eight minutes of first-person video (arXiv 2110.07058)."""

from scenetg.formats import FORMATS
from training.benchmarks.benchmark import Benchmark
from training.metrics.case import Case, Columns, Rules
from training.metrics.recall import recall


def measure(cases: list[Case], rules: Rules) -> Columns:
    """Return R1 and R5 at IoU 0.3 and 0.5, and mIoU."""
    return recall(cases, rules, thresholds=(0.3, 0.5), ranks=(1, 5))


BENCHMARK = Benchmark(
    name="ego4d-nlq",
    file="nlq_val.json",
    origin="nlq_val.json of ego4d-data.org (licence agreement needed)",
    read=FORMATS["ego4d-nlq"].read,
    measure=measure,
    # EGO4D/episodic-memory evaluate_ego4d_nlq.py: above the threshold, over the predictions that there are,
    # and "mIoU" is the mean of the three best overlaps among all windows of a query.
    official=Rules(
        passing=">",
        missing="skip",
        unknown="refuse",
        empty="refuse",
        as_stated=True,
        mean_of_best=3,
        decimals=2,
    ),
    headline=("R1@0.3", "R1@0.5", "R5@0.3", "R5@0.5", "mIoU"),
)
