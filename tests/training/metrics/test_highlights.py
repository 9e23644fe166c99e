from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grounder.errors import DatasetError
from scenetg.formats import Label
from tests.training.metrics.cases import case
from training.metrics.case import STRICT, Rules
from training.metrics.highlights import average_precision, highlights

# Six clips; clips 1 and 2 are relevant.
EXTRA = {"relevant_clip_ids": [1, 2], "saliency_scores": [[4, 1, 2], [3, 3, 0]]}
LABEL = Label("q", "v", "a dog", ((2, 6),), "test", "labels:7", 12.0, extra=EXTRA)


def ap(right: list[int], scores: list[float]) -> float:
    return float(average_precision(np.array(right, dtype=bool)[:, None], np.array(scores))[0])


def test_a_perfect_ranking_has_ap_one_and_a_reversed_one_little() -> None:
    assert ap([1, 1, 0, 0], [4, 3, 2, 1]) == 1.0
    # Right ones at ranks 3 and 4: precisions 1/3 and 1/2, the first lifted to 1/2.
    assert ap([1, 1, 0, 0], [1, 2, 3, 4]) == 0.5


def test_equal_scores_are_one_step_of_the_curve_counted_once() -> None:
    # All three of the first step are right, and one of the two of the second: mean of 1 and 4/5.
    assert ap([1, 1, 1, 1, 0], [2, 2, 2, 1, 1]) == pytest.approx((1 + 4 / 5) / 2)


@pytest.mark.parametrize(("right", "expected"), [([0, 0, 0], 0.0), ([1, 1, 1], 1.0)])
def test_all_alike_is_zero_or_one(right: list[int], expected: float) -> None:
    assert ap(right, [3, 1, 2]) == expected


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 4)), min_size=1, max_size=12))
def test_the_curve_is_the_one_of_scikit_learn(clips: list[tuple[bool, int]]) -> None:
    from sklearn.metrics import precision_recall_curve

    right, scores = (np.array(values) for values in zip(*clips, strict=True))
    if right.all() or not right.any():
        return
    precision, found, _ = precision_recall_curve(right, scores)
    expected = np.maximum.accumulate(precision)[np.flatnonzero(np.diff(found))].mean()
    assert ap(right.tolist(), scores.astype(float).tolist()) == pytest.approx(expected)


def test_a_hit_needs_one_annotator_and_ap_is_the_mean_over_all() -> None:
    columns = highlights([case([], [], saliency=[0, 9, 0, 0, 0, 0], label=LABEL)], STRICT)
    # Very good: only the first annotator's 4 on clip 1; the others see no highlight, AP 0.
    assert columns["HL-min-VeryGood-Hit1"] == [1.0]
    assert columns["HL-min-VeryGood-mAP"] == pytest.approx([1 / 3])


def test_scores_are_cut_and_filled_up_to_the_clips_of_the_video() -> None:
    long = case([], [], saliency=[0, 1, 0, 0, 0, 0, 9], label=LABEL)
    short = case([], [], saliency=[0, 1], label=LABEL)
    columns = highlights([long, short], STRICT)
    # The best score of the long one is for a clip that does not exist: no hit, but the AP ignores it.
    assert columns["HL-min-VeryGood-Hit1"].tolist() == [0.0, 1.0]
    assert columns["HL-min-VeryGood-mAP"].tolist() == pytest.approx([1 / 3, 1 / 3])


def test_without_scores_a_query_counts_zero_or_is_left_out() -> None:
    cases = [case([], [], label=LABEL), case([], None, label=LABEL)]
    assert highlights(cases, STRICT)["HL-min-Fair-mAP"].tolist() == [0, 0]
    assert np.isnan(highlights(cases, Rules(missing="skip"))["HL-min-Fair-mAP"]).tolist() == [
        False,
        True,
    ]


@pytest.mark.parametrize(
    "extra",
    [
        {},
        {"relevant_clip_ids": [1], "saliency_scores": [[1, 2]]},
        {"relevant_clip_ids": [99], "saliency_scores": [[1, 2, 3]]},
    ],
)
def test_truth_without_saliency_is_an_error_that_names_the_line(extra: dict[str, object]) -> None:
    label = replace(LABEL, extra=extra)
    with pytest.raises(DatasetError, match="labels:7: relevant_clip_ids and saliency_scores"):
        highlights([case([], [], saliency=[1.0], label=label)], STRICT)
