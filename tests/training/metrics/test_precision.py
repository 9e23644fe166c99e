import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.metrics.cases import case
from training.metrics.moments import THRESHOLDS
from training.metrics.precision import average_precisions

Pair = tuple[float, float]


def one(truth: list[Pair], predicted: list[tuple[float, float, float]], threshold: float) -> float:
    return float(average_precisions([case(truth, predicted)], [truth], [threshold])[0, 0])


def test_one_right_window_at_the_top_is_perfect() -> None:
    assert one([(0, 10)], [(0, 10, 0.9), (50, 60, 0.1)], 0.5) == 1.0


def test_a_right_window_at_rank_two_has_half() -> None:
    assert one([(0, 10)], [(0, 10, 0.1), (50, 60, 0.9)], 0.5) == 0.5


def test_precision_is_interpolated_from_behind() -> None:
    # Hits at ranks 2 and 3 of two truths: precisions 1/2 and 2/3, the first lifted to 2/3.
    windows = [(80, 90, 0.9), (0, 10, 0.8), (20, 30, 0.7)]
    assert one([(0, 10), (20, 30)], windows, 0.5) == pytest.approx(2 / 3)


def test_a_second_window_on_the_same_truth_is_wrong() -> None:
    # The truth is found once: ranks 1 and 3 hit; 1/2 * 1 + 1/2 * 2/3.
    windows = [(0, 10, 0.9), (0, 10, 0.8), (20, 30, 0.7)]
    assert one([(0, 10), (20, 30)], windows, 0.5) == pytest.approx(0.5 + 1 / 3)


def test_the_eleventh_window_does_not_count_even_with_the_best_score() -> None:
    wrong = [(50.0, 60.0, 0.1)] * 10
    assert one([(0, 10)], [*wrong, (0, 10, 0.9)], 0.5) == 0.0
    assert one([(0, 10)], [*wrong[1:], (0, 10, 0.9)], 0.5) == 1.0


def test_a_window_that_cannot_be_read_is_a_wrong_one() -> None:
    assert one([(0, 10)], [(float("nan"), float("nan"), 0.9), (0, 10, 0.1)], 0.5) == 0.5


def test_nothing_predicted_and_nothing_to_find_is_zero() -> None:
    cases = [case([(0, 1)], []), case([(0, 1)], None), case([], [(0, 1)])]
    assert average_precisions(cases, [[(0, 1)], [(0, 1)], []], [0.5]).tolist() == [[0], [0], [0]]


def literal(truth: list[Pair], predicted: list[tuple[float, float, float]], level: float) -> float:
    """The definition, query by query and window by window."""
    taken: set[int] = set()
    right: list[bool] = []
    for start, end, _ in sorted(predicted[:10], key=lambda window: -window[2]):
        overlaps = []
        for s, e in truth:
            shared = max(0.0, min(end, e) - max(start, s))
            union = (end - start) + (e - s) - shared
            overlaps.append(shared / union if union > 0 else 0.0)
        fitting = [i for i, iou in enumerate(overlaps) if iou >= level and i not in taken]
        right.append(bool(fitting))
        if fitting:
            taken.add(max(fitting, key=lambda i: (overlaps[i], i)))
    precisions = [sum(right[: n + 1]) / (n + 1) for n in range(len(right))]
    return sum(max(precisions[n:]) for n, hit in enumerate(right) if hit) / len(truth)


PAIRS = st.tuples(st.integers(0, 20), st.integers(1, 10)).map(
    lambda p: (float(p[0]), float(p[0] + p[1]))
)
WINDOWS = st.tuples(PAIRS, st.sampled_from([0.1, 0.5, 0.5, 0.9])).map(lambda w: (*w[0], w[1]))


@given(
    st.lists(
        st.tuples(st.lists(PAIRS, min_size=1, max_size=4), st.lists(WINDOWS, max_size=12)),
        min_size=1,
        max_size=4,
    )
)
def test_all_queries_at_once_give_what_the_definition_gives_one_by_one(
    queries: list[tuple[list[Pair], list[tuple[float, float, float]]]],
) -> None:
    cases = [case(truth, windows) for truth, windows in queries]
    together = average_precisions(cases, [truth for truth, _ in queries], THRESHOLDS)
    singly = [[literal(truth, windows, t) for t in THRESHOLDS] for truth, windows in queries]
    assert np.allclose(together, singly)
