"""Verdict: where each query of a run went right or wrong, the first stage that failed."""

from dataclasses import dataclass
from enum import Enum

from grounder.page.plots import Tone
from grounder.span import Span
from scenetg.formats import Label
from training.evaluate.prediction import Prediction
from training.metrics.case import STRICT, Case, Predicted, best_overlap
from training.metrics.choices import rightness

GOOD = 0.5
"""IoU from which on a moment is found."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How a verdict is told and drawn."""

    name: str
    meaning: str
    tone: Tone


class Verdict(Enum):
    """What became of a query; tried in this order from the last, the first that fits counts."""

    RIGHT = Kind(
        "right",
        "first moment with IoU ≥ 0.5 and, for a question with options, the right one; never true: refused",
        "green",
    )
    ANSWER = Kind(
        "answer error",
        "the moment is found (or none is labelled), but another option named",
        "violet",
    )
    BOUNDARY = Kind(
        "boundary error",
        "what was looked at, or the first moment, touches a true one, but the first moment has IoU < 0.5",
        "amber",
    )
    SEARCH = Kind(
        "search miss", "neither what was looked at nor the first moment touches a true one", "red"
    )
    REFUSED = Kind("abstained wrongly", "refused, or no moment given, though it is there", "grey")
    INVENTED = Kind("answered wrongly", "something was given though it is never true", "blue")
    SILENT = Kind("no reply", "no line, an error, or a reply that could not be read", "pale")


@dataclass(frozen=True, slots=True)
class Row:
    """One query of a run, judged."""

    label: Label
    said: Prediction | None
    iou: float | None
    """Of the first moment with the true one that fits it best; None where no moment is labelled."""
    right: bool | None
    """Whether the right option was named; None without options."""
    verdict: Verdict

    @property
    def score(self) -> float:
        """IoU, or 1 for a right answer where no moment is labelled; refusals that are due count 1. In [0, 1]."""
        if self.iou is not None:
            return self.iou
        return float(self.verdict is Verdict.RIGHT)


def judged(label: Label, said: Prediction | None) -> Row:
    """Return a query with its verdict."""
    wanted = [window for window in label.windows if window[0] < window[1]]
    first = said.windows[0] if said is not None and said.windows else None
    iou = None if not wanted else 0.0 if first is None else best_overlap(first, wanted)
    right = _is_right(label, said) if label.options else None
    return Row(label, said, iou, right, _verdict(label, said, iou, right))


def _is_right(label: Label, said: Prediction | None) -> bool:
    if said is None:
        return False
    case = Case(label, Predicted(said.qid, "", answer=said.option or said.answer))
    return bool(rightness([case], STRICT)[0])


def _verdict(
    label: Label, said: Prediction | None, iou: float | None, right: bool | None
) -> Verdict:
    if said is None or said.status in {"failed", "error"}:
        return Verdict.SILENT
    refused = said.outcome == "not_found" or not (said.windows or said.option or said.answer)
    if iou is None and right is None:
        return Verdict.RIGHT if refused else Verdict.INVENTED
    if refused or (iou is not None and not said.windows):
        return Verdict.REFUSED
    if iou is not None and iou < GOOD:
        return Verdict.BOUNDARY if iou > 0 or _looked_there(label, said) else Verdict.SEARCH
    return Verdict.ANSWER if right is False else Verdict.RIGHT


def _looked_there(label: Label, said: Prediction) -> bool:
    truth = [Span(start, end) for start, end in label.windows if start < end]
    seen = [Span(start, end) for start, end in said.looked if start < end]
    return any(look.overlap(true) > 0 for look in seen for true in truth)
