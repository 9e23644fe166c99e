import numpy as np
import pytest

from tests.training.metrics.cases import case
from training.metrics.case import STRICT, Rules
from training.metrics.interval import mean
from training.metrics.moments import THRESHOLDS, moment_retrieval


def test_the_thresholds_are_ten_round_numbers() -> None:
    assert THRESHOLDS == (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)


@pytest.mark.parametrize(
    ("length", "name"), [(2, "short"), (10, "short"), (10.5, "middle"), (30, "middle"), (31, "long"), (150, "long")]
)  # fmt: skip
def test_a_length_belongs_to_one_range_upper_end_included(length: float, name: str) -> None:
    columns = moment_retrieval([case([(0, length)], [(0, length)])], STRICT)
    counted = {key.split("-")[1] for key, column in columns.items() if mean(column) is not None}
    assert counted == {name, "full"}


def test_in_a_range_only_the_truth_of_its_length_is_to_be_found() -> None:
    # The short truth is found, the long one is not.
    columns = moment_retrieval([case([(0, 8), (50, 100)], [(0, 8)])], STRICT)
    assert columns["MR-short-mAP"] == [1.0]
    assert columns["MR-long-mAP"] == [0.0]
    assert columns["MR-full-mAP"] == [0.5]
    assert (columns["MR-full-R1@0.95"], columns["MR-long-R1@0.5"]) == ([1.0], [0.0])


def test_the_first_window_of_the_file_is_the_top_one_whatever_its_score() -> None:
    columns = moment_retrieval([case([(0, 8)], [(50, 60, 0.1), (0, 8, 0.9)])], STRICT)
    assert columns["MR-full-R1@0.5"] == [0.0]
    assert columns["MR-full-mAP"] == [1.0]


def test_a_query_without_truth_stays_in_the_denominator() -> None:
    columns = moment_retrieval([case([(0, 8)], [(0, 8)]), case([], [(0, 8)])], STRICT)
    assert columns["MR-full-R1@0.5"].tolist() == columns["MR-full-mAP"].tolist() == [1.0, 0.0]


def test_a_missing_prediction_is_zero_or_left_out() -> None:
    cases = [case([(0, 8)], None)]
    assert moment_retrieval(cases, STRICT)["MR-full-mAP"] == [0.0]
    assert np.isnan(moment_retrieval(cases, Rules(missing="skip"))["MR-full-mAP"]).all()
