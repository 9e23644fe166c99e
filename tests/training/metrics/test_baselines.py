from functools import partial

import pytest

from scenetg.formats import Label
from training.metrics.baselines import baselines, mean_span
from training.metrics.case import STRICT, Case, Columns
from training.metrics.recall import recall


def label(start: float, end: float, duration: float | None) -> Label:
    return Label(f"{start}", "v", "q", ((start, end),), "test", "p", duration)


def measure(cases: list[Case]) -> Columns:
    return recall(cases, STRICT, thresholds=(0.5,))


def test_the_mean_span_is_in_shares_of_the_video() -> None:
    labels = [label(0, 50, 100), label(5, 10, 10), label(1, 2, None)]
    assert mean_span(labels) == pytest.approx((0.25, 0.75))
    with pytest.raises(ValueError, match="No training label has both"):
        mean_span([label(1, 2, None)])


def test_blind_baselines_score_as_computed_by_hand() -> None:
    blind = baselines([label(25, 75, 100)], measure, trained=(0.0, 0.5))
    assert blind["whole video"] == pytest.approx({"R1@0.5": 100, "mIoU": 50})
    assert blind["centre half"] == pytest.approx({"R1@0.5": 100, "mIoU": 100})
    assert blind["mean span of training"] == pytest.approx({"R1@0.5": 0, "mIoU": 100 / 3})


def test_random_spans_fit_the_middle_half_as_calculus_says() -> None:
    blind = partial(baselines, measure=measure)
    found = blind([label(25, 75, 100)] * 2000)["random span"]["mIoU"]
    steps = [(i + 0.5) / 200 for i in range(200)]
    pairs = [(a, b) for a in steps for b in steps if a < b]
    shared = [max(0.0, min(b, 0.75) - max(a, 0.25)) for a, b in pairs]
    expected = sum(s / ((b - a) + 0.5 - s) for s, (a, b) in zip(shared, pairs, strict=True)) / len(
        pairs
    )
    assert found == pytest.approx(100 * expected, abs=1)
    assert "mean span of training" not in blind([label(1, 2, 3)])
