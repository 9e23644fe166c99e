"""Answers that must be right and seen in the right place: NExT-GQA and ReXTime."""

import math
from collections.abc import Sequence

import numpy as np

from scenetg.formats import Label
from training.metrics.case import (
    NOTHING,
    Case,
    Columns,
    Floats,
    Predicted,
    Rules,
    best_overlap,
    counted,
    passes,
)

LETTERS = "ABCDEFGHIJ"


def intersection_over_prediction(
    cases: list[Case], rules: Rules, *, thresholds: Sequence[float]
) -> Columns:
    """Return columns mIoP, IoP@t, mIoU, IoU@t and, where answers are given, Acc@QA and Acc@GQA.

    IoP and IoU each take the truth window that is best for them. A predicted point has IoU 0 and IoP 1 if
    it lies inside a truth window, ends included. Acc@GQA: right, and IoP at least 0.5.
    """
    out = ~counted(cases, rules)
    inside, overlap = (np.array(column) for column in zip(*map(_both, cases), strict=True))
    columns: dict[str, Floats] = {"mIoP": inside, "mIoU": overlap}
    for threshold in thresholds:
        columns[f"IoP@{threshold}"] = passes(inside, threshold, rules.passing)
        columns[f"IoU@{threshold}"] = passes(overlap, threshold, rules.passing)
    columns = {name: np.where(out, np.nan, column) for name, column in columns.items()}
    return columns | answers(cases, rules, {"Acc@GQA": passes(inside, 0.5, rules.passing)})


def answers(cases: list[Case], rules: Rules, grounded: Columns) -> Columns:
    """Return columns Acc@QA and, for each of `grounded` (1.0 where the evidence is good enough), right and grounded.

    No answer to anything: no columns.
    """
    if all(case.predicted is None or case.predicted.answer is None for case in cases):
        return {}
    right = np.array([float(is_right(case.label, case.predicted or NOTHING)) for case in cases])
    out = ~counted(cases, rules)
    columns = {"Acc@QA": right} | {name: right * column for name, column in grounded.items()}
    return {name: np.where(out, np.nan, column) for name, column in columns.items()}


def is_right(label: Label, predicted: Predicted) -> bool:
    """Tell whether an answer is the right one, given in words, as a letter or as an option's position."""
    if predicted.answer is None:
        return False
    if predicted.expected is not None:
        return predicted.answer == predicted.expected
    return _in_words(predicted.answer, label.options) == label.answer


def _in_words(answer: str, options: tuple[str, ...]) -> str:
    if answer in options:
        return answer
    name = answer.strip().strip("().")
    position = LETTERS.find(name.upper()) if len(name) == 1 and name.isalpha() else -1
    if name.isdecimal():
        position = int(name)
    return options[position] if 0 <= position < len(options) else answer.strip()


def _both(case: Case) -> tuple[float, float]:
    windows = (case.predicted or NOTHING).windows
    if not windows or math.isnan(windows[0][0] + windows[0][1]):
        return 0.0, 0.0
    start, end, _ = windows[0]
    if start == end:
        return float(any(s <= start <= e for s, e in case.label.windows)), 0.0
    shared = [min(end, e) - max(start, s) for s, e in case.label.windows]
    inside = max(shared, default=0.0) / (end - start) if end > start else 0.0
    return max(inside, 0.0), best_overlap(windows[0], case.label.windows)
