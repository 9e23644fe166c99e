"""ReXTime: questions whose answer lies in another moment than the question (Chen et al. 2024, arXiv 2406.19392)."""

import numpy as np

from scenetg.formats import FORMATS
from training.benchmarks.benchmark import Benchmark
from training.metrics.case import Case, Columns, Rules, first_overlap, passes
from training.metrics.grounded_qa import answers
from training.metrics.recall import recall

THRESHOLDS = tuple(round(0.3 + 0.05 * step, 2) for step in range(14))
GROUNDED = (0.3, 0.5, 0.7)


def measure(cases: list[Case], rules: Rules) -> Columns:
    """Return mIoU, R1 from 0.3 to 0.95 and, where there are answers, Acc@QA and Acc@IoU (right, and found)."""
    overlaps = np.array([first_overlap(case, case.label.windows) for case in cases])
    found = {f"Acc@IoU{t}": passes(overlaps, t, rules.passing) for t in GROUNDED}
    columns = answers(cases, rules, found)
    if any(case.predicted is not None and case.predicted.windows for case in cases):
        return recall(cases, rules, thresholds=THRESHOLDS) | columns
    return {name: column for name, column in columns.items() if name == "Acc@QA"}


BENCHMARK = Benchmark(
    name="rextime",
    file="rextime_val.jsonl",
    origin="data/rextime_val.jsonl of github.com/ReXTime/ReXTime (the test labels are not public)",
    read=FORMATS["rextime"].read,
    measure=measure,
    # evaluation/rextime_eval.py: qids must match; R1 and mIoU are rounded one by one, accuracies are not.
    official=Rules(
        passing=">=",
        missing="refuse",
        unknown="refuse",
        empty="refuse",
        as_stated=True,
        decimals=2,
        unrounded=("Acc@QA", *(f"Acc@IoU{t}" for t in GROUNDED)),
    ),
    headline=("mIoU", "R1@0.3", "R1@0.5", "Acc@QA", "Acc@IoU0.5"),
)
