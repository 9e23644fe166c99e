"""Lessons about one clip as one row: the clip is run once for everything that is asked about it.

Exact: each lesson sees what they share and itself, at the positions it has alone (training.shared_prompt).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from training.grpo.shown import Shown, joined_media
from training.sft.task import UNSCORED, Task
from training.shared_prompt import share_prompts


@dataclass(frozen=True, slots=True)
class Stem:
    """What lessons have in common (`training.shared_prompt.Tokens`)."""

    ids: tuple[int, ...]
    kinds: tuple[int, ...]


def packed(tasks: Sequence[Task], model: Any) -> dict[str, Any]:
    """Return the batch of some lessons, a row for each clip.

    Args:
        tasks: lessons; those about one clip have the same `media` object.
        model: the part of the model that has `get_rope_index`.

    Returns:
        `input_ids` and `labels` (rows, length), `position_ids` (3, rows, length), `attention_mask`
        (rows, 1, tail, length), and the media.
    """
    groups = by_clip(tasks)
    stems = [_stem([task.shown for task in group]) for group in groups]
    media: dict[str, Any] = dict(joined_media([group[0].shown for group in groups]))
    branches, wanted, owners = [], [], []
    for place, (stem, group) in enumerate(zip(stems, groups, strict=True)):
        for task in group:
            asked = task.shown.ids[len(stem.ids) :]
            branches.append([*asked, *task.reply])
            wanted.append([UNSCORED] * len(asked) + list(task.reply))
            owners.append(place)
    together = share_prompts(model, stems, branches, owners, media=media)
    longest = max(map(len, branches))
    labels = torch.tensor([row + [UNSCORED] * (longest - len(row)) for row in wanted])
    labels = together.spread(labels.to(together.ids.device), UNSCORED)
    return {**together.inputs(), "labels": labels, **media}


def by_clip(tasks: Sequence[Task]) -> list[list[Task]]:
    """Return lessons in groups about one clip each, as they are laid out."""
    groups: dict[int, list[Task]] = {}
    for task in tasks:
        groups.setdefault(id(task.shown.media), []).append(task)
    return list(groups.values())


def _stem(shown: Sequence[Shown]) -> Stem:
    """Return the tokens that all begin with, at least one less than each has."""
    most = min(len(one.ids) for one in shown) - 1
    columns = zip(*(one.ids[:most] for one in shown), strict=True)
    length = next((place for place, column in enumerate(columns) if len(set(column)) > 1), most)
    return Stem(shown[0].ids[:length], shown[0].kinds[:length])
