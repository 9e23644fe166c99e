"""Collator: lesson numbers to what the model is given; the loss is on the reply alone, its end included."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from grounder.adapters import Adapter
from grounder.vlm.families import Family
from training.grpo.shown import Shown, joined_media, shown_of
from training.sft.lessons import Lesson, Targets, lesson_of
from training.sft.sources import Source

UNSCORED = -100  # transformers' label for tokens without a loss


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """One lesson as token ids."""

    shown: Shown
    """What the model is shown: the very inputs that it is served with."""
    reply: tuple[int, ...]
    """Token ids of the right reply and its end."""


@dataclass(frozen=True, slots=True, eq=False)
class Collator:
    """From rows `{"split", "number"}` to one padded batch; pictures are read here, in the loader's process."""

    sources: Mapping[str, Source]
    """By split."""
    adapter: Adapter
    family: Family
    processor: Any
    targets: Targets = "plain"

    def __call__(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Return the batch of some rows."""
        return self.batch([self.task(row["split"], row["number"]) for row in rows])

    def task(self, split: str, number: int) -> Task:
        """Return one lesson as token ids."""
        sample, subject, footage = self.sources[split][number]
        lesson = lesson_of(sample, subject, footage, adapter=self.adapter, targets=self.targets)
        return task_of(lesson, self.family, self.processor)

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


def task_of(lesson: Lesson, family: Family, processor: Any) -> Task:
    """Turn a lesson into token ids, the prompt as the backends that serve the model do.

    Raises:
        ModelError: the family cannot express the times of a clip.
    """
    tokenizer = processor.tokenizer
    # A control token inside a caption is text: written out, it must not end the reply or open a turn.
    words = tokenizer(lesson.reply, add_special_tokens=False, split_special_tokens=True)
    reply = (*words["input_ids"], tokenizer.eos_token_id)
    return Task(shown_of(lesson.prompt, family, processor), reply)


def _padded(rows: Sequence[list[int]], width: int, filler: int) -> Tensor:
    return torch.tensor([row + [filler] * (width - len(row)) for row in rows])
