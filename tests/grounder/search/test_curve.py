import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grounder.search.curve import Curve

values = st.lists(st.floats(-1, 1, width=32), min_size=2, max_size=60)


def curve(numbers):
    return Curve(np.arange(len(numbers)) + 0.5, np.array(numbers, dtype=np.float64))


def test_a_bump_stands_out_of_its_surroundings():
    bump = curve([0] * 10 + [1] * 5 + [0] * 10)
    bounds = np.array([[10.0, 15], [9, 14], [0, 5], [5, 20], [10, 12.5]])
    scores = bump.contrast(bounds)
    assert scores.argmax() == 0
    assert scores[0] == pytest.approx(5**0.2)
    assert scores[2] < 0


@given(values, st.floats(-5, 5))
def test_contrast_ignores_a_constant(numbers, constant):
    bounds = np.array([[0.0, 1], [0.5, len(numbers)], [0, len(numbers)]])
    shifted = (
        curve(numbers).contrast(bounds),
        curve([x + constant for x in numbers]).contrast(bounds),
    )
    assert np.allclose(*shifted, atol=1e-6)


@given(values, st.data())
def test_means_are_those_of_the_frames_inside(numbers, data):
    first = data.draw(st.integers(0, len(numbers) - 1))
    last = data.draw(st.integers(first + 1, len(numbers)))
    mean = curve(numbers).mean(np.array([[float(first), float(last)]]))
    # The last frame holds to the end of the video, which is a hair after the last window here.
    assert mean[0] == pytest.approx(np.mean(numbers[first:last]), abs=0.01)


def test_a_window_between_two_frames_has_the_value_on_screen():
    uneven = Curve(np.array([0.0, 10.0, 11.0]), np.array([1.0, 2.0, 3.0]))
    assert uneven.mean(np.array([[6.0, 7.0]]))[0] == 2.0


def test_one_frame_is_a_flat_curve():
    assert Curve(np.array([0.0]), np.array([0.3])).contrast(np.array([[0.0, 0.04]]))[0] == 0


def test_an_empty_curve_says_nothing():
    empty = Curve(np.empty(0), np.empty(0))
    assert np.isnan(empty.contrast(np.array([[0.0, 1.0]]))).all()
    assert np.isnan(empty.mean(np.array([[0.0, 1.0]]))).all()
