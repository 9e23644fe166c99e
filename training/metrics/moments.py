"""Moment retrieval of QVHighlights: R1 and mAP, over all queries and by length of the truth."""

import numpy as np

from training.metrics.case import Case, Columns, Floats, Rules, counted, first_overlap, passes
from training.metrics.precision import Pair, average_precisions

THRESHOLDS = tuple(round(0.5 + 0.05 * step, 2) for step in range(10))
RANGES = {"short": (0, 10), "middle": (10, 30), "long": (30, 150), "full": None}
"""Seconds, above the first and up to the second; `full` takes every window, however long."""


def moment_retrieval(cases: list[Case], rules: Rules) -> Columns:
    """Return columns `MR-{range}-R1@{t}`, `MR-{range}-mAP@{t}` and `MR-{range}-mAP` (mean over t).

    A range keeps the queries that have a truth window of such a length, and of their truth those windows.
    """
    out = ~counted(cases, rules)
    columns: dict[str, Floats] = {}
    for name, limits in RANGES.items():
        truth = [_in_range(case, limits) for case in cases]
        other_lengths = np.array([not windows for windows in truth])
        left_out = out | other_lengths if limits else out
        first = np.array(
            [first_overlap(case, windows) for case, windows in zip(cases, truth, strict=True)]
        )
        precisions = average_precisions(cases, truth, THRESHOLDS)
        for column, threshold in enumerate(THRESHOLDS):
            columns[f"MR-{name}-R1@{threshold}"] = passes(first, threshold, rules.passing)
            columns[f"MR-{name}-mAP@{threshold}"] = precisions[:, column]
        columns[f"MR-{name}-mAP"] = precisions.mean(axis=1)
        for column_name in [column for column in columns if column.startswith(f"MR-{name}-")]:
            columns[column_name] = np.where(left_out, np.nan, columns[column_name])
    return columns


def _in_range(case: Case, limits: tuple[int, int] | None) -> list[Pair]:
    if limits is None:
        return list(case.label.windows)
    shortest, longest = limits
    return [(s, e) for s, e in case.label.windows if shortest < e - s <= longest]
