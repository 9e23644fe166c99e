"""Stretching: positions as a longer clip would have them, so that what is learnt from short ones holds for long ones.

A model that never stood 500 tokens away from what it is asked about does not find it there. Here the units of a clip
are pushed apart at random, as if others stood between them: the idea of randomised positions (Ruoss et al. 2023,
arXiv 2305.16843), but what lies within a unit stays together, as it does when the model serves.
"""

import numpy as np
import torch
from torch import Tensor

CROWDING = 0.3
"""Of the Dirichlet draw: below 1, a few wide gaps rather than many narrow ones."""


def stretched(
    positions: Tensor, ids: Tensor, *, after: int, most: int, dice: np.random.Generator
) -> Tensor:
    """Push the units of every other clip apart.

    Args:
        positions: (3, rows, length) rotary positions.
        ids: (rows, length) token ids.
        after: the id that ends a unit; what follows it may be pushed on.
        most: the most that the end of a clip is pushed on.
        dice: decides.

    Returns:
        (3, rows, length) positions, in the same order within each row.
    """
    pushed = positions.clone()
    for row in range(len(ids)):
        ends = positions[0, row, ids[row] == after]
        if not len(ends) or dice.random() < 0.5:
            continue
        total = int(most * dice.random() ** 2)
        gaps = dice.multinomial(total, dice.dirichlet(np.full(len(ends), CROWDING)))
        reached = torch.from_numpy(np.append(0, gaps.cumsum())).to(positions)
        pushed[:, row] += reached[
            torch.searchsorted(ends.sort().values, positions[:, row].contiguous())
        ]
    return pushed
