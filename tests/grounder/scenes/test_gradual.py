"""Dissolves: what is a mixture of two pictures, and what merely moves."""

import numpy as np
import pytest

from grounder.scenes import load_detector

RATE = 10
SIDE = 64


def scene(seed: int) -> np.ndarray:
    """A picture of large patches, other ones for each seed."""
    patches = np.random.default_rng(seed).integers(0, 256, (4, 4, 3))
    return np.kron(patches, np.ones((SIDE // 4, SIDE // 4, 1)))


def dissolve(one: np.ndarray, other: np.ndarray, seconds: float) -> list[np.ndarray]:
    shares = np.linspace(0, 1, round(seconds * RATE) + 1)
    return [one * (1 - share) + other * share for share in shares]


def found(pictures: list[np.ndarray], rate: float = RATE) -> list[float]:
    detector = load_detector("gradual")
    for number, picture in enumerate(pictures):
        detector.feed(number / rate, np.rint(picture).astype(np.uint8))
    return detector.cuts()


@pytest.mark.parametrize("seconds", [1.0, 2.0, 4.0])
def test_a_dissolve_is_cut_once_in_its_middle(seconds: float) -> None:
    one, other = scene(1), scene(2)
    pictures = [one] * 30 + dissolve(one, other, seconds) + [other] * 30
    assert found(pictures) == [pytest.approx(3.0 + seconds / 2, abs=0.1)]


def test_a_fade_to_black_is_cut_in_its_middle() -> None:
    one, black = scene(1), np.zeros((SIDE, SIDE, 3))
    assert found([one] * 30 + dissolve(one, black, 1.0) + [black] * 30) == [
        pytest.approx(3.5, abs=0.1)
    ]


def test_two_dissolves_a_shot_apart_are_two() -> None:
    one, two, three = scene(1), scene(2), scene(3)
    pictures = [one] * 20 + dissolve(one, two, 1.0) + [two] * 20 + dissolve(two, three, 1.0)
    assert found([*pictures, *[three] * 20]) == [
        pytest.approx(2.5, abs=0.1),
        pytest.approx(5.6, abs=0.1),
    ]


def test_a_cut_stays_where_it_is() -> None:
    assert found([scene(1)] * 30 + [scene(2)] * 30) == [3.0]


def test_a_pan_is_no_dissolve() -> None:
    wide = np.concatenate([scene(1), scene(2), scene(3)], axis=1)
    assert found([wide[:, step : step + SIDE] for step in range(0, 2 * SIDE, 4)]) == []


def test_a_shape_that_crosses_the_picture_is_no_dissolve() -> None:
    pictures = []
    for step in range(40):
        picture = np.full((SIDE, SIDE, 3), 40.0)
        picture[10:54, max(0, 2 * step - 40) : 2 * step] = 240
        pictures.append(picture)
    assert found(pictures) == []
