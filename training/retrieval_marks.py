"""What is counted of retrieval alone: does a window, and does the first moment, find what was asked for?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from training.metrics import SpanScore, WindowRecall


@dataclass(frozen=True, slots=True)
class Marks:
    """All counts of one system over any number of queries."""

    span: SpanScore
    first: WindowRecall
    five: WindowRecall

    def __add__(self, other: "Marks") -> "Marks":
        return Marks(self.span + other.span, self.first + other.first, self.five + other.five)


RATIOS: Mapping[str, Callable[[Marks], float]] = {
    "R@1": lambda marks: marks.first.rate,
    "R@5": lambda marks: marks.five.rate,
    "R1@0.3": lambda marks: marks.span.recall(0.3),
    "R1@0.5": lambda marks: marks.span.recall(0.5),
    "mIoU": lambda marks: marks.span.mean_iou,
}
"""R@k: the first k windows cover at least half of one true span between them. The others: the first moment
against the best true span."""
