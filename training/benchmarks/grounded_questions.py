"""What our own question sets share: right answers, and right answers whose evidence was found."""

from training.metrics.case import STRICT, Case, Columns, Rules
from training.metrics.grounded_qa import intersection_over_prediction

HEADLINE = ("Acc@QA", "Acc@GQA", "mIoP", "IoP@0.5", "mIoU", "IoU@0.3", "IoU@0.5")
RULES = STRICT


def measure(cases: list[Case], rules: Rules) -> Columns:
    """Return the columns of NExT-GQA: Acc@QA, Acc@GQA, and how well the evidence was found."""
    return intersection_over_prediction(cases, rules, thresholds=(0.3, 0.5))
