"""Shown: what the model is shown for one row, kept so that rollout and every scoring pass get the same."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from grounder.vlm import Prompt
from grounder.vlm.chat import chat_of
from grounder.vlm.families import Family
from grounder.vlm.inputs import model_inputs

PIXELS = frozenset({"pixel_values", "pixel_values_videos"})
OF_TOKENS = frozenset({"input_ids", "attention_mask", "mm_token_type_ids"})


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """One prompt as the model's processor made it."""

    ids: tuple[int, ...]
    """Token ids, visual tokens expanded, without padding."""
    kinds: tuple[int, ...]
    """Of each token: 0 words, 1 picture, 2 video."""
    media: dict[str, Tensor]
    """Pixels, their grids and their spacing in time, on the CPU; counted per picture or clip, not per prompt."""

    def noise(self) -> "Shown":
        """Return the same prompt with pixels of the same size that show something else, the same every time."""
        dice = torch.Generator().manual_seed(0)
        other = {
            name: torch.randn(tensor.shape, generator=dice).to(tensor.dtype)
            for name, tensor in self.media.items()
            if name in PIXELS
        }
        return replace(self, media=self.media | other)


def shown_of(prompt: Prompt, family: Family, processor: Any) -> Shown:
    """Prepare one prompt as the backends that serve the model do.

    Raises:
        ModelError: the family cannot express the times of a clip.
    """
    inputs = model_inputs([chat_of(prompt, family)], processor)
    media = {
        name: torch.as_tensor(value) for name, value in inputs.items() if name not in OF_TOKENS
    }
    ids, kinds = inputs["input_ids"][0].tolist(), inputs["mm_token_type_ids"][0].tolist()
    return Shown(tuple(ids), tuple(kinds), media)


def with_shared_media(batch: Sequence[Shown]) -> list[Shown]:
    """Return prompts of which those that show the same pictures hold the very same media."""
    kept: list[Shown] = []
    return [_like_before(shown, kept) for shown in batch]


def _like_before(shown: Shown, kept: list[Shown]) -> Shown:
    """Return a prompt with the media of an earlier one that shows the same; keep it if there is none."""
    for other in kept:
        if shown.media.keys() == other.media.keys() and all(
            torch.equal(tensor, other.media[name]) for name, tensor in shown.media.items()
        ):
            return replace(shown, media=other.media)
    kept.append(shown)
    return shown


def distinct(batch: Sequence[Shown]) -> list[Shown]:
    """Return the prompts of a batch without their copies (the same object), in order."""
    return list({id(shown): shown for shown in batch}.values())


def distinct_media(batch: Sequence[Shown]) -> list[Shown]:
    """Return the first prompt of a batch with each media (the same object), in order."""
    firsts: dict[int, Shown] = {}
    for shown in batch:
        firsts.setdefault(id(shown.media), shown)
    return list(firsts.values())


def sharing(batch: Sequence[Shown]) -> bool:
    """Tell whether pixels can be handed over once for all prompts that show them.

    Not where pictures and clips are mixed: Qwen3-VL encodes both by one method.
    """
    kinds = PIXELS & {name for shown in batch for name in shown.media}
    alike = all(kinds <= shown.media.keys() for shown in batch)
    return len(kinds) == 1 and alike and len(distinct_media(batch)) < len(batch)


def joined_media(
    batch: Sequence[Shown], device: torch.device | None = None, *, once: bool = False
) -> dict[str, Tensor]:
    """Return the media of a batch, in order, on a device.

    Args:
        batch: what is shown.
        device: of the tensors; None: where they are.
        once: pixels without copies, where they can be shared; `once_per_video` takes them.
    """
    names = dict.fromkeys(name for shown in batch for name in shown.media)
    seen = distinct_media(batch) if once and sharing(batch) else batch
    return {
        name: torch.cat(
            [
                shown.media[name]
                for shown in (seen if name in PIXELS else batch)
                if name in shown.media
            ]
        ).to(device)
        for name in names
    }


def side_by_side(
    batch: Sequence[Shown], replies: Sequence[Sequence[int]], pad: int
) -> tuple[Tensor, Tensor]:
    """Return prompts with replies of one length, and what of it is no padding, both (batch, length).

    Args:
        batch: what is shown; shorter prompts are padded on the left.
        replies: token ids.
        pad: token id of padding.
    """
    width = max(len(shown.ids) for shown in batch)
    gaps = [width - len(shown.ids) for shown in batch]
    rows = [
        [*[pad] * gap, *shown.ids, *reply]
        for gap, shown, reply in zip(gaps, batch, replies, strict=True)
    ]
    mask = [[0] * gap + [1] * (len(row) - gap) for gap, row in zip(gaps, rows, strict=True)]
    return torch.tensor(rows), torch.tensor(mask)


def check_shown(batch: Sequence[Shown], ids: Tensor, mask: Tensor, num_prompt: int) -> None:
    """Check that the prompts about to be scored are those that were shown.

    Args:
        batch: what was shown when the replies were sampled.
        ids: (batch, length), what is about to be scored: prompts padded on the left, then replies.
        mask: (batch, length), 1 for what is no padding.
        num_prompt: how many of `length` hold the prompt.

    Raises:
        RuntimeError: they are not.
    """
    if len(batch) != len(ids):
        raise RuntimeError(
            f"{len(ids)} rows would be scored, and {len(batch)} prompts are known to have been shown: the others would "
            "be scored blind. Score inside `VideoGRPOTrainer._showing`, with one prompt per row."
        )
    for row, shown in enumerate(batch):
        prompt = ids[row, max(num_prompt - len(shown.ids), 0) : num_prompt].tolist()
        if tuple(prompt) != shown.ids or int(mask[row, :num_prompt].sum()) != len(shown.ids):
            raise RuntimeError(
                f"Row {row} of the batch would be scored on other token ids than its reply was sampled from: "
                f"{len(shown.ids)} were shown. Rows and videos have been mixed up."
            )


def kinds_of(batch: Sequence[Shown], ids: Tensor, num_prompt: int) -> Tensor:
    """Return the kind of each token of padded prompts and their replies, (batch, length).

    Args:
        batch: what is shown.
        ids: (batch, length), prompts padded on the left, then replies.
        num_prompt: how many of `length` hold the prompt.
    """
    kinds = torch.zeros_like(ids)
    for row, shown in enumerate(batch):
        start = num_prompt - len(shown.ids)
        kinds[row, start:num_prompt] = torch.tensor(shown.kinds, device=kinds.device)
    return kinds
