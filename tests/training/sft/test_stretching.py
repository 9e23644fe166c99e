"""Positions of short clips, pushed apart as in a longer one."""

import numpy as np
import torch

from training.sft.stretching import stretched

END, MOST = 9, 500
IDS = torch.tensor([[1, END, 2, 3, END, 4, 5, END, 6, 7]] * 40)
PLAIN = torch.arange(IDS.size(1)).expand(3, len(IDS), -1)


def pushed(seed: int = 0) -> torch.Tensor:
    return stretched(PLAIN, IDS, after=END, most=MOST, dice=np.random.default_rng(seed))


def test_gaps_open_after_units_alone():
    steps = pushed()[0].diff(dim=1)
    after = IDS[:, :-1] == END
    assert (steps[~after] == 1).all()
    assert (steps[after] >= 1).all()
    assert (steps[after] > 1).any()


def test_about_half_of_the_clips_stay_as_they_are_and_none_is_pushed_too_far():
    reach = pushed()[0, :, -1] - PLAIN[0, :, -1]
    assert 10 <= (reach == 0).sum() <= 30
    assert 0 < reach.max() <= MOST


def test_all_axes_are_pushed_alike_and_the_dice_decide():
    assert torch.equal(pushed()[0], pushed()[2])
    assert torch.equal(pushed(1), pushed(1))
    assert not torch.equal(pushed(1), pushed(2))


def test_what_stands_behind_every_unit_in_turn_is_pushed_as_far_as_the_last():
    # Two questions about one clip stand one after the other in a row, at the same positions.
    ids = torch.tensor([[1, END, 2, END, 5, 6, 5, 7]] * 8)
    positions = torch.tensor([[0, 1, 2, 3, 4, 5, 4, 5]] * 8).expand(3, -1, -1)
    row = stretched(positions, ids, after=END, most=MOST, dice=np.random.default_rng(0))[0]
    assert torch.equal(row[:, 4:6], row[:, 6:8])
    assert (row[:, 4] > 4).any()


def test_rows_without_pictures_are_left_alone():
    ids, positions = torch.tensor([[1, 2, 3]] * 4), torch.arange(3).expand(3, 4, -1)
    row = stretched(positions, ids, after=END, most=MOST, dice=np.random.default_rng(0))
    assert torch.equal(row, positions)
