"""Batches: the same step is the same batch, and looks like frames of a lossy video."""

import random

import numpy as np
import pytest

from scenetg.world import make_world, split_of
from training.clip.decoding import compressed, off
from training.clip.stream import batch, drawn, group, reel
from training.clip.view import fits, view_of


def test_a_step_of_a_seed_is_always_the_same_batch():
    one, again, other = (batch(0, step, groups=2, size=6, side=32) for step in (3, 3, 4))
    assert one.texts == again.texts != other.texts
    for picture, same in zip(one.pictures, again.pictures, strict=True):
        np.testing.assert_array_equal(picture, same)


def test_a_batch_has_its_pictures_in_the_size_asked_for_and_in_groups():
    made = batch(1, 0, groups=3, size=5, side=40)
    assert len(made.pictures) == len(made.texts) == 15
    assert {min(picture.shape[:2]) for picture in made.pictures} == {40}
    assert [made.texts[rows] for rows in made.groups] == [
        made.texts[:5],
        made.texts[5:10],
        made.texts[10:],
    ]


def test_only_worlds_of_the_training_split_are_learnt_from():
    seeds = {shot.view.world.seed for shot in reel(0, 0, 16)}
    assert len(seeds) > 20
    assert {split_of(seed) for seed in seeds} == {"train"}


def test_a_decoded_picture_is_near_the_drawn_one_but_never_it():
    world = make_world(2, 30, level="nano")
    picture = drawn(view_of(world, world.scenes[1], world.scenes[1].span.start))
    side = min(picture.shape[:2])
    for seed in range(20):
        dice = random.Random(seed)
        seen = off(compressed(picture, side, dice), dice)
        assert seen.shape == picture.shape
        assert seen.dtype == np.uint8
        apart = np.abs(seen.astype(float) - picture).mean()
        assert 0 < apart < 25


@pytest.mark.parametrize("number", range(3))
def test_in_a_group_every_description_is_true_of_its_own_picture_only(number):
    pairs = group(reel(1, number, 16), 24, random.Random(number))
    assert len(pairs) == 24
    for row, (_, query) in enumerate(pairs):
        assert [n for n, (shot, _) in enumerate(pairs) if fits(query, shot.view)] == [row]


def test_a_group_ends_where_nothing_more_can_be_told_apart():
    assert 30 < len(group(reel(0, 0, 16), 250, random.Random(0))) < 250
