import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from grounder.search.fusion import Ranking, fuse

A, B, C = [0.0, 4.0], [10.0, 14.0], [20.0, 24.0]


def ranking(*rows, weight=1.0, name="t"):
    return Ranking(name, np.array(rows).reshape(-1, 2), weight)


def test_one_track_keeps_its_own_order_even_for_windows_inside_each_other():
    own = ranking(B, [9.0, 20.0], A)
    best, _ = fuse([own], count=5)
    assert best.tolist() == own.bounds.tolist()


def test_agreement_beats_a_single_first_place():
    best, votes = fuse([ranking(A, B), ranking(C, B)], count=3)
    assert best[0].tolist() == B
    assert (votes[:, 0] > 0).all()


def test_a_track_that_is_sure_outvotes_one_that_is_not():
    best, _ = fuse([ranking(A, weight=0.1), ranking(B, weight=0.9)], count=1)
    assert best.tolist() == [B]


def test_a_silent_track_changes_nothing():
    alone, _ = fuse([ranking(A, B)], count=2)
    beside, _ = fuse([ranking(A, B), ranking(weight=0.0)], count=2)
    assert alone.tolist() == beside.tolist()


windows = st.lists(
    st.tuples(st.integers(0, 90), st.integers(1, 30)).map(lambda w: [float(w[0]), float(sum(w))]),
    min_size=1,
    max_size=8,
    unique_by=tuple,
)


@given(st.lists(st.tuples(windows, st.floats(0.01, 1)), min_size=1, max_size=3), st.randoms())
def test_the_order_of_tracks_does_not_matter(lists, random):
    rankings = [ranking(*rows, weight=weight) for rows, weight in lists]
    shuffled = random.sample(rankings, len(rankings))
    first, votes = fuse(rankings, count=5)
    second, again = fuse(shuffled, count=5)
    assert np.allclose(votes.sum(axis=0), again.sum(axis=0))
    if len(set(np.round(votes.sum(axis=0), 12))) == len(first):
        assert first.tolist() == second.tolist()


@given(windows, st.floats(0.1, 10))
def test_scaling_all_weights_changes_no_order(rows, factor):
    small, _ = fuse([ranking(*rows, weight=0.1)], count=5)
    large, _ = fuse([ranking(*rows, weight=0.1 * factor)], count=5)
    assert small.tolist() == large.tolist()
