"""Splits: by content, in the shares asked for, and never the same footage in two."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from grounder.span import Span
from scenetg.line.splits import draw_splits, footage_groups, split_of
from scenetg.settings import Splits
from scenetg.visual.look import Look

DIM = 64


def look(video_id: str, scenes: list[int], *, noise: float = 0.0) -> Look:
    """A video of ten-second scenes, each showing the picture of a number."""
    random = np.random.default_rng(sum(video_id.encode()))
    vectors = np.stack([np.random.default_rng(scene).normal(size=DIM) for scene in scenes])
    vectors = vectors + noise * random.normal(size=vectors.shape)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    spans = tuple(Span(10.0 * n, 10.0 * n + 10) for n in range(len(scenes)))
    times = np.array([span.start for span in spans])
    unit = vectors.astype(np.float32)
    return Look(video_id, Path(video_id), spans[-1].end, (), times, unit, spans, unit)


def looks(*found: Look) -> dict[str, Look]:
    return {one.video_id: one for one in found}


def test_videos_fall_into_the_shares_asked_for() -> None:
    settings = Splits(validation=0.2, test=0.1)
    counts = Counter(split_of(f"video-{n}", settings) for n in range(5000))
    assert counts["validation"] / 5000 == pytest.approx(0.2, abs=0.02)
    assert counts["test"] / 5000 == pytest.approx(0.1, abs=0.02)


def test_another_seed_draws_other_videos() -> None:
    drawn = [
        [split_of(f"video-{n}", Splits(test=0.5, seed=seed)) for n in range(50)] for seed in (0, 1)
    ]
    assert drawn[0] != drawn[1]


def test_a_second_encoding_of_a_film_is_in_the_split_of_the_first() -> None:
    found = looks(
        look("a", [1, 2, 3, 4]), look("b", [5, 6, 7]), look("c", [1, 2, 3, 4], noise=0.05)
    )
    assert footage_groups(found, Splits()) == [["a", "c"], ["b"]]
    for seed in range(20):
        drawn = draw_splits(found, Splits(validation=0.4, test=0.4, seed=seed))
        assert drawn["a"] == drawn["c"] == split_of("a", Splits(0.4, 0.4, seed))


def test_a_part_of_a_film_belongs_to_it_and_a_shared_title_does_not() -> None:
    found = looks(look("film", [1, 2, 3, 4, 5, 6]), look("part", [4, 5]), look("other", [1, 7, 8]))
    assert footage_groups(found, Splits()) == [["film", "part"], ["other"]]


def test_a_scene_that_recurs_counts_once() -> None:
    found = looks(look("a", [1, 1, 1, 1]), look("b", [1, 2, 3, 4, 5, 6]))
    assert footage_groups(found, Splits()) == [["a", "b"]]  # all of a is in b
    longer = looks(look("a", [1, 7, 8, 9]), look("b", [1, 1, 1, 5, 6, 10]))
    assert footage_groups(longer, Splits(shared=0.9)) == [["a"], ["b"]]


def test_one_video_is_a_group() -> None:
    assert footage_groups(looks(look("a", [1])), Splits()) == [["a"]]
