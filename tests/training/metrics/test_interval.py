import numpy as np
import pytest

from training.metrics.interval import intervals, mean

NAN = float("nan")


def test_what_does_not_count_is_in_no_mean() -> None:
    assert mean(np.array([1.0, NAN, 0.0])) == 0.5
    assert mean(np.array([NAN])) is None
    assert intervals([np.array([NAN])], ["v"]) == [None]
    assert intervals([], []) == []


def test_videos_are_drawn_and_not_queries() -> None:
    # Ten videos of a hundred queries each, all right or all wrong: only ten things can vary.
    videos = [f"v{number}" for number in range(10) for _ in range(100)]
    column = np.array([float(int(name[1:]) % 2) for name in videos])
    alone = [f"{name}-{number}" for number, name in enumerate(videos)]
    [together], [apart] = intervals([column], videos), intervals([column], alone)
    assert together == pytest.approx((0.2, 0.8), abs=0.1)
    assert apart == pytest.approx((0.47, 0.53), abs=0.01)


def test_the_interval_covers_the_truth_as_often_as_it_promises() -> None:
    dice = np.random.default_rng(0)
    columns = [(dice.random(40) < 0.4).astype(float) for _ in range(200)]
    bounds = intervals(columns, [str(number) for number in range(40)])
    covered = [b is not None and b[0] <= 0.4 <= b[1] for b in bounds]
    assert 0.88 <= np.mean(covered) <= 0.99


def test_the_same_columns_give_the_same_interval() -> None:
    column = np.arange(20.0)
    videos = [str(number // 2) for number in range(20)]
    assert intervals([column], videos) == intervals([column, -column], videos)[:1]
