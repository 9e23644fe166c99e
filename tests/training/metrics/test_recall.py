import numpy as np
import pytest

from tests.training.metrics.cases import case
from training.metrics.case import STRICT, Rules
from training.metrics.interval import mean
from training.metrics.recall import recall

NAN = float("nan")


def test_one_query_is_scored_as_computed_by_hand() -> None:
    # IoU of [0, 10] with [5, 10] is 0.5; the other truth is far away.
    columns = recall([case([(50, 60), (5, 10)], [(0, 10)])], STRICT, thresholds=(0.3, 0.5, 0.7))
    assert {name: column.tolist() for name, column in columns.items()} == {
        "R1@0.3": [1.0],
        "R1@0.5": [1.0],
        "R1@0.7": [0.0],
        "mIoU": [0.5],
    }


@pytest.mark.parametrize(("passing", "expected"), [(">=", 1.0), (">", 0.0)])
def test_an_overlap_at_the_threshold_passes_as_the_rule_says(passing: str, expected: float) -> None:
    rules = Rules(passing=passing)  # type: ignore[arg-type]  # one of the two
    assert recall([case([(5, 10)], [(0, 10)])], rules, thresholds=(0.5,))["R1@0.5"] == [expected]


@pytest.mark.parametrize(("missing", "queries", "expected"), [("zero", 2, 0.5), ("skip", 1, 1.0)])
def test_a_missing_prediction_counts_as_the_rule_says(
    missing: str, queries: int, expected: float
) -> None:
    cases = [case([(0, 4)], [(0, 4)]), case([(0, 4)], None)]
    rules = Rules(missing=missing)  # type: ignore[arg-type]  # zero or skip
    columns = recall(cases, rules, thresholds=(0.5,))
    assert (~np.isnan(columns["mIoU"])).sum() == queries
    assert mean(columns["mIoU"]) == mean(columns["R1@0.5"]) == expected


def test_later_windows_count_from_their_rank_on() -> None:
    windows = [(90, 91), (80, 81), (0, 10)]
    columns = recall([case([(0, 10)], windows)], STRICT, thresholds=(0.5,), ranks=(1, 2, 3, 10))
    assert [float(columns[f"R{rank}@0.5"][0]) for rank in (1, 2, 3, 10)] == [0, 0, 1, 1]
    assert columns["mIoU"] == [0.0]


def test_ego4d_means_the_three_best_overlaps_of_all_windows() -> None:
    # Overlaps with [0, 10]: 0, 1, 0.5, 0.2, 0.1.
    windows = [(90, 91), (0, 10), (0, 5), (0, 2), (0, 1)]
    rules = Rules(mean_of_best=3)
    [value] = recall([case([(0, 10)], windows)], rules, thresholds=())["mIoU"]
    assert value == pytest.approx((1 + 0.5 + 0.2) / 3)
    [few] = recall([case([(0, 10)], windows[:2])], rules, thresholds=())["mIoU"]
    assert few == pytest.approx(0.5)


@pytest.mark.parametrize("window", [(NAN, NAN), (NAN, 3), (10, 0), (4, 4)])
def test_what_is_no_stretch_of_time_overlaps_nothing(window: tuple[float, float]) -> None:
    assert recall([case([(0, 10)], [window])], STRICT, thresholds=(0.1,))["mIoU"] == [0.0]


def test_a_truth_that_is_a_point_cannot_be_hit() -> None:
    assert recall([case([(4, 4)], [(4, 4)])], STRICT, thresholds=(0.1,))["R1@0.1"] == [0.0]


def test_a_prediction_without_a_window_is_zero() -> None:
    assert recall([case([(4, 5)], [])], STRICT, thresholds=(0.1,))["mIoU"] == [0.0]
