"""QVHighlights: moments and highlights in 150-second videos (Lei et al. 2021, arXiv 2107.09609)."""

from scenetg.formats import FORMATS
from training.benchmarks.benchmark import Benchmark
from training.metrics.case import Case, Columns, Rules
from training.metrics.highlights import highlights
from training.metrics.moments import moment_retrieval


def measure(cases: list[Case], rules: Rules) -> Columns:
    """Return the columns of what was predicted: windows, saliency or both."""
    there = [case.predicted for case in cases if case.predicted is not None]
    columns: Columns = {}
    if any(predicted.windows for predicted in there):
        columns |= moment_retrieval(cases, rules)
    if any(predicted.saliency is not None for predicted in there):
        columns |= highlights(cases, rules)
    return columns


BENCHMARK = Benchmark(
    name="qvhighlights",
    file="highlight_val_release.jsonl",
    origin="data/highlight_val_release.jsonl of github.com/jayleicn/moment_detr",
    read=FORMATS["qvhighlights"].read,
    measure=measure,
    # moment_detr standalone_eval/eval.py: qids must match, every query needs a window, two decimals.
    official=Rules(
        passing=">=", missing="refuse", unknown="refuse", empty="refuse", as_stated=True, decimals=2
    ),
    headline=(
        "MR-full-R1@0.5",
        "MR-full-R1@0.7",
        "MR-full-mAP@0.5",
        "MR-full-mAP@0.75",
        "MR-full-mAP",
        "MR-short-mAP",
        "MR-middle-mAP",
        "MR-long-mAP",
        "HL-min-VeryGood-mAP",
        "HL-min-VeryGood-Hit1",
    ),
)
