"""CG-Bench: questions on long videos whose clues must be found, too (Chen et al. 2025, arXiv 2412.12075)."""

import re

import numpy as np

from grounder.span import Span, iou_of_sets, merge
from scenetg.formats import FORMATS
from training.benchmarks.benchmark import Benchmark
from training.metrics.case import NOTHING, Case, Columns, Rules, counted, passes
from training.metrics.choices import rightness

LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5)


def measure(cases: list[Case], rules: Rules) -> Columns:
    """Return long-acc, mIoU (of all windows together), rec@IoU and acc@IoU: found, and answered rightly, over `LEVELS`."""
    overlaps = np.array([_overlap(case, rules) for case in cases])
    overlaps = np.where(counted(cases, rules), overlaps, np.nan)
    found = np.mean([passes(overlaps, level, rules.passing) for level in LEVELS], axis=0)
    columns = {"mIoU": overlaps, "rec@IoU": np.where(np.isnan(overlaps), np.nan, found)}
    if any(case.predicted and case.predicted.answer is not None for case in cases):
        right = rightness(cases, rules)
        columns |= {"long-acc": right, "acc@IoU": right * columns["rec@IoU"]}
    return columns


def _overlap(case: Case, rules: Rules) -> float:
    windows = [w for w in (case.predicted or NOTHING).windows if not np.isnan(w[0] + w[1])]
    if not windows:
        return float("nan") if rules.unreadable == "skip" else 0.0
    # The script takes times that are all at most 1 for shares of the video.
    shares = rules.as_stated and all(max(start, end) <= 1 for start, end, _ in windows)
    unit = (case.label.duration or 1.0) if shares else 1.0
    spans = [Span(start * unit, end * unit) for start, end, _ in windows if start < end]
    return iou_of_sets(merge(spans), merge([Span(*window) for window in case.label.windows]))


def letters(text: str, options: tuple[str, ...]) -> str:
    """Return every capital A to H that stands alone: the script takes an answer that names the right one among others."""
    return "".join(re.findall(r"\b[A-H]\b", text))


BENCHMARK = Benchmark(
    name="cg-bench",
    file="cgbench.json",
    origin="cgbench.json of the data set CG-Bench/CG-Bench",
    read=FORMATS["cg-bench"].read,
    measure=measure,
    # VLMEvalKit utils/cgbench.py, by its authors: above each threshold; what cannot be read (-1) is left out.
    official=Rules(
        passing=">", missing="skip", as_stated=True, unreadable="skip", reading=letters, decimals=2
    ),
    headline=("long-acc", "mIoU", "rec@IoU", "acc@IoU"),
    group=lambda label: str(label.extra.get("domain", "all")),
)
