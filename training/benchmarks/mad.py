"""MAD: audio descriptions in whole films (Soldan et al. 2022, arXiv 2112.00431)."""

from scenetg.formats import FORMATS
from training.benchmarks.benchmark import Benchmark
from training.metrics.case import Case, Columns, Rules
from training.metrics.recall import recall

RANKS, THRESHOLDS = (1, 5, 10, 50, 100), (0.1, 0.3, 0.5)


def measure(cases: list[Case], rules: Rules) -> Columns:
    """Return R1 to R100 at IoU 0.1, 0.3 and 0.5, and mIoU; suppress near-duplicates before (NMS at 0.3)."""
    return recall(cases, rules, thresholds=THRESHOLDS, ranks=RANKS)


BENCHMARK = Benchmark(
    name="mad",
    file="MAD_test.json",
    origin="the MAD annotations of github.com/Soldelli/MAD (licence agreement needed)",
    read=FORMATS["mad"].read,
    measure=measure,
    # baselines/0ShotCLIP/0_shot_baseline.py: above the threshold, all queries in the denominator.
    official=Rules(passing=">", as_stated=True, decimals=2),
    headline=tuple(f"R{rank}@{threshold}" for threshold in THRESHOLDS for rank in RANKS),
)
