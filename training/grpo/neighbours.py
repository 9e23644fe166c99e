"""Replies to one prompt, and prompts about one clip, stand in one micro-batch, where they share it."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from training.grpo.shown import Shown


def neighbours(batches: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return micro-batches of a generation batch with the same rows, copies of a prompt and of pictures side by side.

    TRL shuffles single rows before it splits them, which would leave a prompt with a reply or two in each of many
    micro-batches. Here they keep the random order in which TRL put the first replies.

    Args:
        batches: of one size; per name a tensor or list with one item per row, a number for all rows, or None.
    """
    shown: list[Shown] = [one for batch in batches for one in batch["shown"]]
    first: dict[int, int] = {}
    for row, one in enumerate(shown):
        first.setdefault(id(one.media), row)
        first.setdefault(id(one), row)
    order = sorted(
        range(len(shown)), key=lambda row: (first[id(shown[row].media)], first[id(shown[row])], row)
    )
    size = len(shown) // len(batches)
    return [
        {name: _rows(name, batches, order[start : start + size]) for name in batches[0]}
        for start in range(0, len(shown), size)
    ]


def _rows(name: str, batches: Sequence[Mapping[str, Any]], rows: Sequence[int]) -> Any:
    value = batches[0][name]
    if value is None or (isinstance(value, torch.Tensor) and value.ndim == 0):
        return value
    if isinstance(value, torch.Tensor):
        return torch.cat([batch[name] for batch in batches])[list(rows)]
    items = [item for batch in batches for item in batch[name]]
    return [items[row] for row in rows]
