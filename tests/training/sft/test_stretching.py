"""Positions of short clips, pushed apart as in a longer one."""

import numpy as np
import pytest

END, MOST = 9, 500
CLIP = [1, END, 2, 3, END, 4, 5, END, 6, 7]


@pytest.fixture
def pushed():
    """From ids and positions of one row to forty copies, pushed as the dice fall."""
    import torch

    from training.sft.stretching import stretched

    def push(ids, positions, seed=0):
        rows = torch.tensor([ids] * 40)
        plain = torch.tensor([positions] * 40).expand(3, -1, -1)
        dice = np.random.default_rng(seed)
        return stretched(plain, rows, after=END, most=MOST, dice=dice).numpy()

    return push


def test_gaps_open_after_units_alone(pushed):
    steps = np.diff(pushed(CLIP, range(len(CLIP)))[0])
    after = np.array(CLIP[:-1]) == END
    assert (steps[:, ~after] == 1).all()
    assert (steps[:, after] >= 1).all()
    assert (steps[:, after] > 1).any()


def test_about_half_of_the_clips_stay_as_they_are_and_none_is_pushed_too_far(pushed):
    reach = pushed(CLIP, range(len(CLIP)))[0, :, -1] - (len(CLIP) - 1)
    assert 10 <= (reach == 0).sum() <= 30
    assert 0 < reach.max() <= MOST


def test_all_axes_are_pushed_alike_and_the_dice_decide(pushed):
    first, again, other = (pushed(CLIP, range(len(CLIP)), seed) for seed in (1, 1, 2))
    assert (first[0] == first[2]).all()
    assert (first == again).all()
    assert (first != other).any()


def test_two_questions_about_a_clip_are_pushed_alike(pushed):
    # In a packed row they stand one after the other, at the same positions.
    row = pushed([1, END, 2, END, 5, 6, 5, 7], [0, 1, 2, 3, 4, 5, 4, 5])[0]
    assert (row[:, 4:6] == row[:, 6:8]).all()
    assert (row[:, 4] > 4).any()


def test_rows_without_pictures_are_left_alone(pushed):
    assert (pushed([1, 2, 3], [0, 1, 2]) == [0, 1, 2]).all()
