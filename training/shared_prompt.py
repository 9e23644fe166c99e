"""Several continuations of one prompt as one sequence, so that the model runs the prompt once.

[prompt but its last token | last token, continuation 1 | last token, continuation 2 | …]

The last token is repeated because it predicts the first token of each continuation: every token stands right
after the one that predicts it, as losses and scoring that shift labels by one expect. A continuation sees the
prompt and itself, at the rotary positions it has when it stands alone after the prompt.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol

import torch
from torch import Tensor

Rows = Sequence[Sequence[int]]


class Tokens(Protocol):
    """A prompt as the model's processor made it; it ends in words, not in a picture."""

    @property
    def ids(self) -> Sequence[int]:
        """Token ids, visual tokens expanded, without padding; two at least."""

    @property
    def kinds(self) -> Sequence[int]:
        """Of each token: 0 words, 1 picture, 2 video."""


@dataclass(frozen=True, slots=True, eq=False)
class SharedPrompts:
    """A batch of prompts with their continuations, one row per prompt; its tensors are what the model takes."""

    ids: Tensor
    """(prompts, length) token ids. Shorter prompts are padded before the continuations, shorter tails at the end."""
    positions: Tensor
    """(3, prompts, length) rotary positions."""
    mask: Tensor
    """(prompts, 1, tail, length) booleans: what each token after the prompt sees. `shared_attention` takes it."""
    rows: Tensor
    """(continuations,), the row each one stands in."""
    columns: Tensor
    """(continuations, longest), where in the tail each of its tokens stands; 0 where there is none."""
    told: Tensor
    """(continuations, longest) booleans, where there is one."""

    @property
    def tail(self) -> int:
        """How many positions at the end of each row hold continuations."""
        return self.mask.size(2)

    def inputs(self) -> dict[str, Tensor]:
        """Return what the model is called with, besides its media."""
        return {
            "input_ids": self.ids,
            "position_ids": self.positions,
            "attention_mask": self.mask,
        }

    def spread(self, values: Tensor, fill: int) -> Tensor:
        """Return values of continuations, (continuations, longest), where their tokens stand, (prompts, length).

        With `fill=-100` and token ids, these are labels for the whole sequence.
        """
        tail = values.new_full((len(self.ids), self.tail), fill)
        owners = self.rows[:, None].expand_as(self.columns)
        tail[owners[self.told], self.columns[self.told]] = values[self.told]
        head = values.new_full((len(self.ids), self.ids.size(1) - self.tail), fill)
        return torch.cat([head, tail], 1)

    def gather(self, values: Tensor) -> Tensor:
        """Return values of the tails, (prompts, tail), per continuation, (continuations, longest), 0 elsewhere."""
        return values[self.rows[:, None], self.columns].masked_fill(~self.told, 0)


def share_prompts(
    model: Any,
    prompts: Sequence[Tokens],
    continuations: Rows,
    owners: Sequence[int],
    *,
    media: Mapping[str, Tensor],
) -> SharedPrompts:
    """Lay out prompts and their continuations on the model's device.

    Args:
        model: the part of a Qwen-VL model that has `get_rope_index`; positions are its own for each prompt
            followed by one continuation.
        prompts: each once, with one continuation at least.
        continuations: token ids, words only, in any order and of any length.
        owners: of each continuation, the number of its prompt.
        media: the grids of all prompts in order, on any device; pixels may be among them.
    """
    members = [
        [number for number, owner in enumerate(owners) if owner == place]
        for place in range(len(prompts))
    ]
    pad = prompts[0].ids[-1]  # never read, but a visual token would ask for pixels
    stem = max(len(prompt.ids) for prompt in prompts) - 1
    ids, steps, turns = [], [], []
    for prompt, numbers in zip(prompts, members, strict=True):
        last = len(prompt.ids) - 1
        branches = [[prompt.ids[last], *continuations[number]] for number in numbers]
        ids.append([*prompt.ids[:last], *[pad] * (stem - last), *chain(*branches)])
        steps.append([*range(stem), *chain(*(range(last, last + len(one)) for one in branches))])
        turns.append([number for number in numbers for _ in range(len(continuations[number]) + 1)])
    columns = [
        [place for place, turn in enumerate(turns[owner]) if turn == number][1:]
        for number, owner in enumerate(owners)
    ]
    plain = _plain_positions(model, prompts, members, continuations, media=media, pad=pad)
    order = _square(steps, 0).to(plain.device)
    where = _square(columns, -1).to(plain.device)
    lengths = torch.tensor([len(prompt.ids) - 1 for prompt in prompts])
    return SharedPrompts(
        ids=_square(ids, pad).to(plain.device),
        positions=plain.gather(2, order.expand(3, -1, -1)),
        mask=_sight(lengths, stem, _square(turns, -1)).to(plain.device),
        rows=torch.tensor(owners, device=plain.device),
        columns=where.clamp(min=0),
        told=where >= 0,
    )


def _plain_positions(
    model: Any,
    prompts: Sequence[Tokens],
    members: Rows,
    continuations: Rows,
    *,
    media: Mapping[str, Tensor],
    pad: int,
) -> Tensor:
    """Return the model's positions of each prompt and its longest continuation alone, (3, prompts, length)."""
    longest = [max((continuations[number] for number in numbers), key=len) for numbers in members]
    rows = list(zip(prompts, longest, strict=True))
    device = model.device
    positions: Tensor = model.get_rope_index(
        input_ids=_square([[*prompt.ids, *more] for prompt, more in rows], pad).to(device),
        mm_token_type_ids=_square(
            [[*prompt.kinds, *[0] * len(more)] for prompt, more in rows], 0
        ).to(device),
        attention_mask=_square(
            [[1] * (len(prompt.ids) + len(more)) for prompt, more in rows], 0
        ).to(device),
        **{name: value.to(device) for name, value in media.items()},
    )[0]
    return positions


def _sight(lengths: Tensor, stem: int, turns: Tensor) -> Tensor:
    """Return what the tokens of the tails see, (prompts, 1, tail, stem + tail).

    Padding sees padding: a token that sees nothing would make its gradient NaN.
    """
    prompt = torch.arange(stem) < lengths[:, None, None]
    own = (turns[:, :, None] == turns[:, None, :]).tril()
    return torch.cat([prompt.expand(-1, turns.size(1), -1), own], 2)[:, None]


def _square(rows: Rows, pad: int) -> Tensor:
    """Return rows as one tensor, padded on the right."""
    width = max(map(len, rows))
    return torch.tensor([[*row, *[pad] * (width - len(row))] for row in rows], dtype=torch.long)
