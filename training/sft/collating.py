"""Collator: lesson numbers to what the model is given; the loss is on the reply alone, its end included."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import torch
from torch import Tensor

from grounder.adapters import Adapter
from grounder.vlm.families import Family
from training.grpo.shown import joined_media
from training.sft.lessons import SERVED, SUBJECTS, Lesson, Pictures, Targets, lesson_of
from training.sft.packing import by_clip, packed
from training.sft.sources import Source
from training.sft.stretching import stretched
from training.sft.task import SEEN, UNSCORED, Reader, Task

POSITIONED = (
    *("input_ids", "mm_token_type_ids", "attention_mask"),
    *("image_grid_thw", "video_grid_thw", "second_per_grid_ts"),
)
"""What decides the positions of a padded batch."""


@dataclass(frozen=True, slots=True, eq=False)
class Collator:
    """From rows `{"split", "number"}` to one padded batch; pictures are read here, in the loader's process."""

    sources: Mapping[str, Source]
    """By split."""
    adapter: Adapter
    family: Family
    processor: Any
    targets: Targets = "plain"
    pictures: Pictures = SERVED
    packed: bool = False
    """Lessons about one clip become one row; otherwise each is its own."""
    stretch: int = 0
    """How far at most positions are pushed on (`training.sft.stretching`)."""
    seeing: Any = None
    """The part of the model that has `get_rope_index`, for lessons that are packed or stretched."""

    def __call__(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Return the batch of some rows, with `subjects`, the place in `SUBJECTS` of each reply in turn."""
        reader = Reader(self.family, self.processor)
        tasks = [reader.task(self.lesson(row["split"], row["number"])) for row in rows]
        if self.packed:
            tasks = list(chain(*by_clip(tasks)))
            batch = packed(tasks, self.seeing)
        else:
            batch = self.batch(tasks)
        if self.stretch:
            batch |= {"position_ids": self._pushed_on(batch, rows[0]["number"])}
        subjects = [SUBJECTS.index(task.subject) for task in tasks]
        return {**batch, "subjects": torch.tensor(subjects)}

    def _pushed_on(self, batch: Mapping[str, Any], number: int) -> Tensor:
        positions = batch.get("position_ids")
        if positions is None:
            told = {name: batch[name] for name in POSITIONED if name in batch}
            positions = self.seeing.get_rope_index(**told)[0]
        return stretched(
            positions,
            batch["input_ids"],
            after=self.processor.tokenizer.convert_tokens_to_ids(SEEN),
            most=self.stretch,
            dice=np.random.default_rng(number),
        )

    def task(self, split: str, number: int) -> Task:
        """Return one lesson as token ids."""
        return Reader(self.family, self.processor).task(self.lesson(split, number))

    def lesson(self, split: str, number: int) -> Lesson:
        """Return one lesson."""
        sample, subject, footage = self.sources[split][number]
        return lesson_of(
            sample,
            subject,
            footage,
            adapter=self.adapter,
            targets=self.targets,
            pictures=self.pictures,
        )

    def batch(self, tasks: Sequence[Task]) -> dict[str, Any]:
        """Pad tasks on the right and put their media one after another.

        Returns:
            `input_ids`, `attention_mask`, `labels` and `mm_token_type_ids`, each (batch, length), and the media.
        """
        shown = [task.shown for task in tasks]
        width = max(len(task.shown.ids) + len(task.reply) for task in tasks)
        pad = self.processor.tokenizer.pad_token_id
        media: dict[str, Any] = dict(joined_media(shown))
        if "second_per_grid_ts" in media:
            # As plain numbers: DeepSpeed casts tensors, and a spacing in bfloat16 drifts over a long video.
            media["second_per_grid_ts"] = media["second_per_grid_ts"].tolist()
        return {
            "input_ids": _padded([[*one.shown.ids, *one.reply] for one in tasks], width, pad),
            "attention_mask": _padded(
                [[1] * (len(one.shown.ids) + len(one.reply)) for one in tasks], width, 0
            ),
            "labels": _padded(
                [[UNSCORED] * len(one.shown.ids) + list(one.reply) for one in tasks],
                width,
                UNSCORED,
            ),
            "mm_token_type_ids": _padded([list(one.shown.kinds) for one in tasks], width, 0),
            **media,
        }


def _padded(rows: Sequence[list[int]], width: int, filler: int) -> Tensor:
    return torch.tensor([row + [filler] * (width - len(row)) for row in rows])
