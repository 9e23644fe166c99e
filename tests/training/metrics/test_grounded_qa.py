from dataclasses import replace

import numpy as np
import pytest

from scenetg.formats import Label
from tests.training.metrics.cases import Pair, case
from training.metrics.case import STRICT, Case, Columns, Predicted, Rules
from training.metrics.grounded_qa import answers, intersection_over_prediction, is_right

QUESTION = Label(
    "q", "v", "why", ((0, 10),), "test", "labels:1", 100.0, "qa", "why", ("to win", "to lose"), "to lose"
)  # fmt: skip


def scored(cases: list[Case], rules: Rules = STRICT) -> Columns:
    return intersection_over_prediction(cases, rules, thresholds=(0.3, 0.5))


@pytest.mark.parametrize(
    ("predicted", "inside", "overlap"),
    [
        ((5, 15), 0.5, 5 / 15),
        ((2, 4), 1.0, 0.2),
        ((50, 60), 0.0, 0.0),
        ((4, 4), 1.0, 0.0),  # a point inside: that is how the official script sees it
        ((10, 10), 1.0, 0.0),
        ((11, 11), 0.0, 0.0),
        ((6, 2), 0.0, 0.0),
        ((float("nan"), 4), 0.0, 0.0),
    ],
)
def test_iop_and_iou_as_computed_by_hand(predicted: Pair, inside: float, overlap: float) -> None:
    columns = scored([case([(0, 10)], [predicted])])
    assert columns["mIoP"] == pytest.approx([inside])
    assert columns["mIoU"] == pytest.approx([overlap])


def test_iop_and_iou_may_be_best_with_different_truths() -> None:
    # [0, 12]: IoP 2/12 with [0, 2] and 3/12 with [9, 30]; IoU 2/12 with the first, 3/30 with the second.
    columns = scored([case([(0, 2), (9, 30)], [(0, 12)])])
    assert columns["mIoP"] == pytest.approx([3 / 12])
    assert columns["mIoU"] == pytest.approx([2 / 12])


@pytest.mark.parametrize(
    ("answer", "right"),
    [("to lose", True), ("B", True), ("(b)", True), ("1", True), ("A", False), ("0", False), ("9", False), ("to win", False)],
)  # fmt: skip
def test_an_answer_may_be_words_a_letter_or_a_position(answer: str, right: bool) -> None:
    assert is_right(QUESTION, Predicted("q", "", answer=answer)) is right


def test_an_answer_file_may_state_the_truth_itself() -> None:
    label = replace(QUESTION, options=(), answer=None)
    assert is_right(label, Predicted("q", "", answer="3", expected="3"))
    assert not is_right(label, Predicted("q", "", answer="3", expected="0"))


def test_grounded_accuracy_needs_the_answer_and_the_place() -> None:
    cases = [
        case([], [(0, 5)], answer="B", label=QUESTION),
        case([], [(0, 5)], answer="A", label=QUESTION),
        case([], [(50, 60)], answer="B", label=QUESTION),
        case([], None, label=QUESTION),
    ]
    columns = scored(cases)
    assert columns["Acc@QA"].tolist() == [1, 0, 1, 0]
    assert columns["Acc@GQA"].tolist() == [1, 0, 0, 0]
    skipped = scored(cases, Rules(missing="skip"))
    assert np.isnan(skipped["Acc@GQA"]).tolist() == [False, False, False, True]


def test_without_any_answer_there_is_no_accuracy() -> None:
    assert answers([case([(0, 1)], [(0, 1)])], STRICT, {}) == {}
