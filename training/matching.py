"""From labels and predictions to cases; every line that is not taken as it stands is reported."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from grounder.errors import DatasetError
from grounder.sample import END_TOLERANCE
from scenetg.formats import Label
from training.metrics.case import Case, Predicted, Rules, Stated, truth_is_reachable
from training.predictions import Predictions, Problem


@dataclass(frozen=True, slots=True)
class Matched:
    """All queries of a benchmark, each with its prediction if there is one."""

    cases: list[Case]
    problems: tuple[Problem, ...]
    foreign: int
    """Predictions for queries that the annotations do not have."""


def match(labels: Sequence[Label], predictions: Predictions, *, absent: bool = False) -> Matched:
    """Give each label its prediction; of several for one query the last counts, as in the official scripts.

    Args:
        labels: all queries of the benchmark.
        predictions: what was said about them.
        absent: labels without a window are meant so; else they are a problem.

    Raises:
        DatasetError: no label, two labels of one id, or no prediction is for any of them.
    """
    _check_labels(labels)
    problems = list(predictions.problems)
    chosen, foreign = _chosen(labels, predictions, problems)
    if not chosen:
        raise DatasetError(
            f"None of the {len(predictions.rows)} predictions is for these annotations: they have qids like "
            f"{predictions.rows[0].id!r}, the annotations like {labels[0].id!r}. Give the files of one split."
        )
    cases = [Case(label, chosen.get(label.id)) for label in labels]
    problems += [problem for case in cases for problem in _case_problems(case, absent=absent)]
    return Matched(cases, tuple(problems), foreign)


def under(matched: Matched, rules: Rules) -> list[Case]:
    """Return the cases as a preset scores them: windows as stated, or with their faults mended or voided.

    Raises:
        DatasetError: the preset's own script would refuse these predictions; the message says why.
    """
    missing = [case.label.id for case in matched.cases if case.predicted is None]
    if rules.missing == "refuse" and missing:
        raise DatasetError(
            f"The official script wants a prediction for every qid: {len(missing)} are missing ({missing[0]}, …)."
        )
    if rules.unknown == "refuse" and matched.foreign:
        raise DatasetError(
            f"The official script wants no other qids than those of the annotations: {matched.foreign} are unknown."
        )
    empty = [
        c.label.id for c in matched.cases if c.predicted is not None and not c.predicted.windows
    ]
    if rules.empty == "refuse" and 0 < len(empty) < len(matched.cases):
        raise DatasetError(
            f"The official script wants a window for every query: {len(empty)} have none ({empty[0]}, …)."
        )
    if rules.turned:
        return [_turned(case) for case in matched.cases]
    return matched.cases if rules.as_stated else [_mended(case) for case in matched.cases]


def _chosen(
    labels: Sequence[Label], predictions: Predictions, problems: list[Problem]
) -> tuple[dict[str, Predicted], int]:
    """Return the prediction for each known qid, and how many there are for unknown ones."""
    known = {label.id for label in labels}
    chosen: dict[str, Predicted] = {}
    foreign = 0
    for row in predictions.rows:
        if row.id not in known:
            foreign += 1
            text = f"qid {row.id!r} is not in the annotations; left out."
            problems.append(Problem(row.place, "unknown qid", text))
            continue
        if row.id in chosen:
            text = f"qid {row.id!r} was at {chosen[row.id].place}; this later one counts."
            problems.append(Problem(row.place, "duplicate qid", text))
        chosen[row.id] = row
    return chosen, foreign


def _case_problems(case: Case, *, absent: bool) -> list[Problem]:
    label, problems = case.label, []
    if case.predicted is None:
        text = f"query {label.id!r} has no prediction."
        problems.append(Problem(label.place, "missing", text))
    if not truth_is_reachable(case) and (label.windows or not absent):
        text = f"query {label.id!r} has no truth that a span can overlap; it counts 0."
        problems.append(Problem(label.place, "unreachable truth", text))
    return problems + _window_problems(case)


def _check_labels(labels: Sequence[Label]) -> None:
    if not labels:
        raise DatasetError("The annotations hold no query. Give the file of a split with labels.")
    places: dict[str, str] = {}
    for label in labels:
        if label.id in places:
            raise DatasetError(
                f"{label.place}: qid {label.id!r} is also at {places[label.id]}; qids must be unique."
            )
        places[label.id] = label.place


def _window_problems(case: Case) -> list[Problem]:
    if case.predicted is None:
        return []
    problems = []
    for window in case.predicted.windows:
        kind, _ = _judged(window, _reach(case.label))
        if kind:
            outcome = "cut to the video" if kind == "out of range" else "counts as wrong"
            text = f"window [{window[0]}, {window[1]}] of query {case.label.id!r} is {kind}"
            length = f" (video of {case.label.duration} s)" if case.label.duration else ""
            problems.append(
                Problem(case.predicted.place, kind, f"{text}{length}; `strict`: {outcome}.")
            )
    return problems


def _turned(case: Case) -> Case:
    if case.predicted is None:
        return case
    windows = tuple(
        (min(start, end), max(start, end), score) for start, end, score in case.predicted.windows
    )
    return replace(case, predicted=replace(case.predicted, windows=windows))


def _mended(case: Case) -> Case:
    if case.predicted is None:
        return case
    windows = tuple(_judged(window, _reach(case.label))[1] for window in case.predicted.windows)
    return replace(case, predicted=replace(case.predicted, windows=windows))


def _reach(label: Label) -> float | None:
    """Return how far windows may go: to the end of the video, or of a truth that passes it (TVGBench)."""
    if label.duration is None:
        return None
    return max([label.duration, *(end for _, end in label.windows)])


def _judged(window: Stated, duration: float | None) -> tuple[str, Stated]:
    """Return what is wrong with a window (empty: nothing) and what it counts as."""
    start, end, score = window
    void = (math.nan, math.nan, score)
    if math.isnan(start + end):
        return "", void  # told when it was read
    if start >= end:
        return "reversed" if start > end else "a point", void
    length = math.inf if duration is None else duration
    if end <= 0 or start >= length:
        return "outside the video", void
    if start < 0 or end > length + END_TOLERANCE:
        return "out of range", (max(start, 0.0), min(end, length), score)
    return "", window
