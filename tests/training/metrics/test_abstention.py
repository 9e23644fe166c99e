import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.metrics.abstention import (
    auroc,
    calibration,
    coverage_at,
    refusals,
    risk_coverage,
)

trials = st.lists(
    st.tuples(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0]), st.booleans()), min_size=1
)


def arrays(rows: list[tuple[float, bool]]) -> tuple[np.ndarray, np.ndarray]:
    values, flags = zip(*rows, strict=True)
    return np.array(values), np.array(flags, dtype=bool)


def test_the_curve_answers_the_surest_first() -> None:
    curve = risk_coverage(np.array([0.9, 0.8, 0.7, 0.6]), np.array([False, True, False, True]))
    assert curve.coverage.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert curve.risk.tolist() == pytest.approx([0, 1 / 2, 1 / 3, 1 / 2])
    assert curve.threshold.tolist() == [0.9, 0.8, 0.7, 0.6]
    assert curve.area == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4)


def test_equals_enter_together_and_count_as_any_order_of_them_would_on_average() -> None:
    curve = risk_coverage(np.array([0.5, 0.9, 0.5]), np.array([True, False, False]))
    assert curve.coverage.tolist() == pytest.approx([1 / 3, 1])
    assert curve.risk.tolist() == pytest.approx([0, 1 / 3])
    # After one: 0 wrong. After two: 0 or 1 wrong, a half on average. After three: 1.
    assert curve.area == pytest.approx((0 + 0.5 / 2 + 1 / 3) / 3)


def test_coverage_at_a_risk_is_the_largest_part_that_keeps_it() -> None:
    curve = risk_coverage(
        np.array([0.9, 0.8, 0.7, 0.6, 0.5]), np.array([True, False, False, False, True])
    )
    # Risks 1, 1/2, 1/3, 1/4, 2/5: a quarter is only reached by answering more.
    assert coverage_at(curve, 0.25) == 0.8
    assert coverage_at(curve, 0.4) == 1.0
    assert coverage_at(curve, 0.2) == 0.0


def test_auroc_counts_equals_half_and_needs_both_kinds() -> None:
    score, present = np.array([0.9, 0.4, 0.4, 0.1]), np.array([True, True, False, False])
    assert auroc(score, present) == pytest.approx((2 + 1.5) / 4)
    assert auroc(score, np.ones(4, bool)) is None
    assert auroc(score, np.zeros(4, bool)) is None


def test_the_calibration_error_weighs_bins_by_their_queries() -> None:
    chance = np.array([0.2, 0.2, 0.2, 0.2, 0.8, 0.8])
    happened = np.array([True, False, False, False, True, True])
    found = calibration(chance, happened, bins=3)
    assert [(round(b.stated, 6), b.true, b.queries) for b in found.bins] == [
        (0.2, 0.25, 4),
        (0.8, 1.0, 2),
    ]
    assert found.error == pytest.approx((4 * 0.05 + 2 * 0.2) / 6)
    assert found.queries == 6


def test_chances_that_hold_what_they_say_have_no_error() -> None:
    chance = np.repeat([0.25, 0.5, 0.75], 4)
    happened = np.array([1, 0, 0, 0, 1, 1, 0, 0, 1, 1, 1, 0], dtype=bool)
    assert calibration(chance, happened).error == pytest.approx(0)


def test_refusals_are_told_apart_by_who_was_refused() -> None:
    found = refusals(np.array([True, True, False, True]), np.array([True, True, True, False]))
    assert (found.absent_refused, found.present_refused) == (pytest.approx(2 / 3), 1.0)
    assert found.accuracy == 0.5
    assert (found.absent, found.present) == (3, 1)
    assert refusals(np.array([True]), np.array([True])).present_refused is None


@given(trials, st.randoms())
def test_no_figure_depends_on_the_order_of_the_rows(
    rows: list[tuple[float, bool]], dice: object
) -> None:
    mixed = list(rows)
    dice.shuffle(mixed)  # type: ignore[attr-defined]
    one, other = arrays(rows), arrays(mixed)
    assert math.isclose(risk_coverage(*one).area, risk_coverage(*other).area)
    assert math.isclose(calibration(*one).error, calibration(*other).error, abs_tol=1e-12)
    assert auroc(*one) == auroc(*other)


@given(trials)
def test_the_curve_ends_with_every_query_and_stays_within_bounds(
    rows: list[tuple[float, bool]],
) -> None:
    confidence, wrong = arrays(rows)
    curve = risk_coverage(confidence, wrong)
    assert curve.coverage[-1] == 1
    assert curve.risk[-1] == pytest.approx(wrong.mean())
    assert np.all(np.diff(curve.coverage) > 0)
    assert 0 <= curve.area <= 1
    assert coverage_at(curve, 1.0) == 1
    assert 0 <= calibration(confidence, wrong).error <= 1
    assert sum(one.queries for one in calibration(confidence, wrong).bins) == len(rows)


@given(trials)
def test_auroc_of_turned_scores_is_turned(rows: list[tuple[float, bool]]) -> None:
    score, positive = arrays(rows)
    area = auroc(score, positive)
    if area is not None:
        turned = auroc(-score, positive)
        assert turned is not None
        assert math.isclose(area + turned, 1)
