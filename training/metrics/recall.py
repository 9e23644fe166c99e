"""Recall of the first windows at IoU thresholds, and mean IoU: R1@0.5, R5@0.3, mIoU."""

from collections.abc import Sequence

import numpy as np

from training.metrics.case import Case, Columns, Floats, Rules, best_overlaps, counted, passes


def recall(
    cases: list[Case], rules: Rules, *, thresholds: Sequence[float], ranks: Sequence[int] = (1,)
) -> Columns:
    """Return columns `R{rank}@{threshold}` and `mIoU`, each window against the truth that fits it best."""
    overlaps = best_overlaps(cases)
    out = ~counted(cases, rules)
    columns: dict[str, Floats] = {}
    for rank in ranks:
        best = np.array([values[:rank].max(initial=0.0) for values in overlaps])
        for threshold in thresholds:
            columns[f"R{rank}@{threshold}"] = passes(best, threshold, rules.passing)
    columns["mIoU"] = np.array([_mean_of_best(values, rules.mean_of_best) for values in overlaps])
    return {name: np.where(out, np.nan, column) for name, column in columns.items()}


def _mean_of_best(overlaps: Floats, count: int) -> float:
    if len(overlaps) == 0:
        return 0.0
    return float(np.sort(overlaps)[-count:].mean()) if count else float(overlaps[0])
