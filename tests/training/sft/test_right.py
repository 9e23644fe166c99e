"""Whole replies, by subject."""

import pytest

from training.sft.lessons import SUBJECTS


def test_a_reply_is_right_when_all_its_tokens_are():
    import torch

    from training.sft.right import shares_right

    told = torch.tensor(
        [[0, 1, 1, 0, 0, 1, 1, 1], [0, 0, 1, 1, 1, 1, 0, 1]], dtype=torch.bool
    )  # four replies
    top = torch.tensor([[0, 1, 1, 1, 1, 1, 0, 1], [1, 0, 1, 1, 1, 1, 0, 1]], dtype=torch.bool)
    ground, qa = SUBJECTS.index("ground"), SUBJECTS.index("qa")
    subjects = torch.tensor([ground, qa, qa, ground])
    assert shares_right(top[told][None], told, subjects) == {"ground": 1.0, "qa": 0.5}
    wrong = top.clone()
    wrong[0, 2] = False
    assert shares_right(wrong[told][None], told, subjects)["ground"] == pytest.approx(0.5)
