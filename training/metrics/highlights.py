"""Highlight detection of QVHighlights: average precision and hit at 1 of a score per 2-second clip."""

import numpy as np
from numpy.typing import NDArray

from grounder.errors import DatasetError
from scenetg.formats import Label
from scenetg.formats.qvhighlights import CLIP
from training.metrics.case import Case, Columns, Floats, Rules, counted

LEVELS = {"Fair": 2, "Good": 3, "VeryGood": 4}
"""From which of an annotator's scores (0 to 4) on a clip is a highlight."""
ANNOTATORS = 3


def highlights(cases: list[Case], rules: Rules) -> Columns:
    """Return columns `HL-min-{level}-mAP` and `HL-min-{level}-Hit1`.

    AP is the mean over the three annotators; a hit needs one of them. Scores for clips past the end of the
    video are left out, clips without a score have 0.
    """
    out = ~counted(cases, rules)
    columns = {
        f"HL-min-{level}-{kind}": np.zeros(len(cases))
        for level in LEVELS
        for kind in ("mAP", "Hit1")
    }
    for row, case in enumerate(cases):
        saliency = None if case.predicted is None else case.predicted.saliency
        if not saliency:
            continue
        scores, stated = _truth(case.label), np.array(saliency)
        clips = np.zeros(len(scores))
        clips[: len(stated)] = stated[: len(scores)]
        for level, least in LEVELS.items():
            right = scores >= least
            columns[f"HL-min-{level}-mAP"][row] = average_precision(right, clips).mean()
            top = int(stated.argmax())
            hit = top < len(right) and bool(right[top].any())
            columns[f"HL-min-{level}-Hit1"][row] = hit
    return {name: np.where(out, np.nan, column) for name, column in columns.items()}


def average_precision(right: NDArray[np.bool_], scores: Floats) -> Floats:
    """Return the interpolated AP of each column of `right` (booleans), ranked by `scores`.

    Equal scores form one step of the curve. The mean is over the steps that find something, each counted
    once however much it finds: that is the official definition. Columns without a right one have 0.
    """
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    steps = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)
    found = right[order].cumsum(axis=0)[steps].astype(float)
    precision = found / (steps + 1)[:, None]
    interpolated = np.maximum.accumulate(precision[::-1], axis=0)[::-1]
    gains = np.diff(found, axis=0, prepend=0.0) > 0
    precisions: Floats = (interpolated * gains).sum(axis=0) / np.maximum(gains.sum(axis=0), 1)
    return precisions


def _truth(label: Label) -> Floats:
    scores = np.zeros((int((label.duration or 0) / CLIP), ANNOTATORS))
    try:
        clips = np.array(label.extra["relevant_clip_ids"], dtype=int)
        scores[clips] = np.array(label.extra["saliency_scores"], dtype=float).reshape(
            -1, ANNOTATORS
        )
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise DatasetError(
            f"{label.place}: relevant_clip_ids and saliency_scores say nothing about {len(scores)} clips ({error!r}). "
            f"Highlights need the number of each relevant clip and {ANNOTATORS} scores for it."
        ) from error
    return scores
