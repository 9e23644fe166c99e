"""Right: of which lessons the model would have given the whole reply, by subject; told beside the loss."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from training.sft.lessons import SUBJECTS


def shares_right(top: Tensor, told: Tensor, subjects: Tensor) -> dict[str, float]:
    """Return, for each subject there is, the share of its replies whose every token was the likeliest, in [0, 1].

    Args:
        top: (1, tokens) booleans, of the tokens of replies: was it the likeliest one after those before it?
        told: (rows, length) booleans: is it part of a reply? Replies do not touch, and none begins a row.
        subjects: (replies,) places in `SUBJECTS`, in the order of the rows.
    """
    begins = told & ~torch.nn.functional.pad(told, (1, 0))[:, :-1]
    number = begins.flatten().cumsum(0)[told.flatten()] - 1
    wrong = torch.zeros(len(subjects), device=top.device)
    wrong.index_add_(0, number, (~top.flatten()).float())
    return {
        SUBJECTS[place]: float((wrong[subjects == place] == 0).float().mean())
        for place in sorted(set(subjects.tolist()))
    }


@contextmanager
def overheard(model: Any) -> Iterator[list[Any]]:
    """Collect what the model puts out meanwhile."""
    heard: list[Any] = []
    hook = model.register_forward_hook(lambda _module, _inputs, output: heard.append(output))
    try:
        yield heard
    finally:
        hook.remove()
