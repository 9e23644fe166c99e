"""What the sets with one span per query share: R1 at three thresholds and mean IoU, by the rules of Time-R1."""

from training.metrics.case import Case, Columns, Rules
from training.metrics.recall import recall

THRESHOLDS = (0.3, 0.5, 0.7)
HEADLINE = ("R1@0.3", "R1@0.5", "R1@0.7", "mIoU")

# xiaomi-research/time-r1 src/vllm_inference/eval_all.py: an IoU must be above the threshold, a reply that
# cannot be read has IoU 0, and the mean is over the rows of the prediction file, however few.
TIME_R1 = Rules(passing=">", missing="skip", as_stated=True)


def measure(cases: list[Case], rules: Rules) -> Columns:
    """Return R1@0.3, R1@0.5, R1@0.7 and mIoU."""
    return recall(cases, rules, thresholds=THRESHOLDS)
