"""The visual checks on vectors whose truth is known."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from grounder.span import Span
from scenetg.candidate import Rejection
from scenetg.settings import Events, Scenes, Settings, Sharpness
from scenetg.visual.events import add_events, changes, find_turns, usual_changes
from scenetg.visual.look import Look
from scenetg.visual.scenes import Pictures, find_scenes, mean_vectors, propose
from scenetg.visual.sharpness import check_end, sharpness
from scenetg.visual.similarity import alike, nearest_apart

DIM = 16
RATE = 2.0


def picture(number: int) -> NDArray[np.float64]:
    """A direction of its own for each number."""
    vector = np.random.default_rng(number).normal(size=DIM)
    unit: NDArray[np.float64] = vector / np.linalg.norm(vector)
    return unit


def look(*parts: tuple[NDArray[np.float64], float], cuts: tuple[float, ...], merge: float) -> Look:
    """A video of parts that each show one picture for some seconds, at two pictures a second."""
    vectors = np.concatenate(
        [np.tile(vector, (int(seconds * RATE), 1)) for vector, seconds in parts]
    )
    times, seconds = np.arange(len(vectors)) / RATE, sum(part[1] for part in parts)
    pictures = Pictures(seconds, cuts, times, vectors.astype(np.float32))
    scenes = find_scenes(pictures, Scenes(merge=merge))
    means = mean_vectors(pictures, scenes)
    return Look("v", Path("v.mp4"), seconds, cuts, times, pictures.vectors, scenes, means)


def seeing(vectors: NDArray[np.floating]) -> Look:
    """A video of one shot whose pictures are these, at two a second."""
    times, seconds = np.arange(len(vectors)) / RATE, len(vectors) / RATE
    pictures = Pictures(seconds, (), times, vectors.astype(np.float32))
    scenes = (Span(0, seconds),)
    means = mean_vectors(pictures, scenes)
    return Look("v", Path("v.mp4"), seconds, (), times, pictures.vectors, scenes, means)


def between(
    one: NDArray[np.float64], other: NDArray[np.float64], share: float
) -> NDArray[np.float64]:
    mixed = (1 - share) * one + share * other
    return np.asarray(mixed / np.linalg.norm(mixed))


def test_shots_that_look_alike_are_one_scene() -> None:
    near = between(picture(1), picture(2), 0.1)
    seen = look(
        (picture(1), 5), (near, 5), (picture(2), 5), (picture(1), 5), cuts=(5, 10, 15), merge=0.8
    )
    assert seen.scenes == (Span(0, 10), Span(10, 15), Span(15, 20))
    assert seen.scene_vectors[1] == pytest.approx(picture(2), abs=1e-6)


def test_a_slow_drift_of_shots_ends_the_scene_where_it_left_its_mean() -> None:
    one, other = np.eye(DIM)[:2]
    parts = [(between(one, other, share), 5.0) for share in (0, 0.25, 0.5, 0.75, 1)]
    seen = look(*parts, cuts=(5, 10, 15, 20), merge=0.84)
    assert seen.scenes == (Span(0, 10), Span(10, 25))  # each shot is near the one before it


def test_a_shot_without_a_picture_of_its_own_takes_the_nearest() -> None:
    pictures = Pictures(4.0, (2.2, 2.4), np.array([0.0, 2.0]), np.eye(2, dtype=np.float32))
    means = mean_vectors(pictures, [Span(0, 1), Span(2.2, 2.4)])
    assert means.tolist() == [[1, 0], [0, 1]]


def test_lengths_are_gated_with_the_setting_as_limit() -> None:
    seen = look((picture(1), 2), (picture(2), 30), (picture(3), 68), cuts=(2, 32), merge=0.9)
    gone = {
        one.rejection.reason: one.rejection for one in propose(seen, Scenes(longest=60)).rejected
    }
    assert gone["scene too short"] == Rejection("scenes", "scene too short", 2.0, 3.0)
    assert gone["scene too long"].limit == 60
    assert gone["too much of the video"].value == pytest.approx(0.3)


def test_an_end_is_sharp_where_the_picture_changes() -> None:
    seen = look((picture(1), 5), (picture(2), 5), (picture(2), 5), cuts=(5, 10), merge=2.0)
    expected = 1 - float(picture(1) @ picture(2))
    assert sharpness(seen, 5.0, frames=2) == pytest.approx(expected, abs=1e-5)
    assert sharpness(seen, 10.0, frames=2) == pytest.approx(0.0, abs=1e-5)
    blurred = check_end(seen, 10.0, "end", Sharpness())
    assert isinstance(blurred, Rejection)
    assert blurred.reason == "end not sharp"


def test_the_edges_of_the_video_are_sharp_without_a_score() -> None:
    seen = look((picture(1), 5), (picture(2), 5), cuts=(5,), merge=0.9)
    assert sharpness(seen, 0.0, frames=2) is None
    assert sharpness(seen, 10.0, frames=2) is None


@given(st.integers(1, 60), st.integers(0, 2**16))
def test_the_nearest_other_scene_is_that_of_the_full_matrix(count: int, seed: int) -> None:
    vectors = np.random.default_rng(seed).normal(size=(count, 4)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    full = vectors @ vectors.T
    rows = np.arange(count)
    full[np.abs(rows[:, None] - rows) <= 1] = -1.0
    cosines, which = nearest_apart(vectors)
    assert cosines == pytest.approx(full.max(axis=1), abs=1e-5)
    assert ((which >= 0) == (full.max(axis=1) > -1)).all()


@given(st.integers(1, 60), st.integers(0, 2**16), st.floats(-0.5, 0.9))
def test_all_pairs_above_a_cosine_are_found(count: int, seed: int, least: float) -> None:
    vectors = np.random.default_rng(seed).normal(size=(count, 4)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    full = vectors @ vectors.T - 2 * np.eye(count)
    found = {(row, int(other)) for row, others, _ in alike(vectors, least) for other in others}
    unsure = {(int(a), int(b)) for a, b in np.argwhere(np.abs(full - least) < 1e-5)}
    assert found ^ {(int(a), int(b)) for a, b in np.argwhere(full > least)} <= unsure


def test_similarity_is_searched_block_by_block() -> None:
    vectors = np.random.default_rng(0).normal(size=(2500, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    full = vectors @ vectors.T
    rows = np.arange(len(vectors))
    full[np.abs(rows[:, None] - rows) <= 1] = -1.0
    assert nearest_apart(vectors)[0] == pytest.approx(full.max(axis=1), abs=1e-5)


def test_an_event_begins_and_ends_where_the_picture_changes_without_a_cut() -> None:
    seen = look(
        (picture(1), 20), (picture(2), 8), (picture(1), 22), (picture(3), 50), cuts=(50,), merge=0.9
    )
    outcome = add_events((), seen, Settings())
    (event,) = outcome.kept
    assert (event.kind, event.scene, event.id) == ("event", 0, "v-00000-e00")
    assert event.span == Span(20, 28)
    # Nothing else changes at all: only what coding may do is the spread.
    change = 1 - float(picture(1) @ picture(2))
    assert event.filters["change"] == pytest.approx(change / Events().noise, rel=1e-2)


@pytest.mark.parametrize("share", [1.0, 0.5, 0.2])
def test_an_encoder_that_sees_differences_smaller_finds_the_same_events(share: float) -> None:
    dice = np.random.default_rng(0)
    shown = np.repeat([picture(1), picture(2), picture(1)], [40, 16, 44], axis=0)
    restless = shown + 0.1 * dice.normal(size=shown.shape)
    common = 1.0 * (share < 1) * picture(5)
    vectors = common + share * restless
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    seen = seeing(vectors)
    turns = find_turns(seen, seen.scenes[0], usual_changes(seen, Events()), Events())
    assert [turn.time for turn in turns] == [20, 28]


def test_what_coding_does_to_a_still_picture_is_no_event() -> None:
    vectors = picture(1) + 1e-3 * np.random.default_rng(0).normal(size=(200, DIM))
    vectors[100:] += 5e-3 * picture(2)
    seen = seeing(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
    usual = usual_changes(seen, Events())
    assert usual.spread == Events().noise
    assert find_turns(seen, seen.scenes[0], usual, Events()) == []


def test_an_empty_look_has_no_usual_change() -> None:
    seen = look((picture(1), 1), cuts=(), merge=0.9)
    assert usual_changes(seen, Events()).median == 0


def test_a_change_beside_a_cut_is_the_cut() -> None:
    seen = look((picture(1), 20), (picture(2), 0.5), (picture(3), 20), cuts=(20.5,), merge=2.0)
    assert find_turns(seen, seen.scenes[0], usual_changes(seen, Events()), Events()) == []
    uncut = seeing(seen.vectors)
    assert find_turns(uncut, uncut.scenes[0], usual_changes(uncut, Events()), Events()) != []


def test_an_event_that_looks_like_another_scene_is_rejected() -> None:
    seen = look(
        (picture(1), 20), (picture(2), 8), (picture(1), 22), (picture(3), 20), (picture(2), 30),
        cuts=(50, 70), merge=0.9,
    )  # fmt: skip
    outcome = add_events((), seen, Settings())
    assert outcome.kept == ()
    assert [one.rejection.reason for one in outcome.rejected] == ["looks like another scene"]


def test_one_scene_gives_its_strongest_events_only() -> None:
    parts = [(picture(n % 2), 12.0) for n in range(7)]
    seen = look(*parts, cuts=(), merge=0.9)
    settings = Settings(events=Events(per_scene=2))
    outcome = add_events((), seen, settings)
    assert len(outcome.kept) + len(outcome.rejected) == 2


def test_nothing_changes_in_too_little_to_compare() -> None:
    vectors = np.eye(3, dtype=np.float32)
    assert changes(vectors, np.arange(3) / RATE, 4.0).tolist() == [0, 0, 0]
