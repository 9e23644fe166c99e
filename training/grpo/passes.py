"""One pass of scoring, as two ways to call the model: each reply after its own copy of the prompt, or all after one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from torch import Tensor
from torch.nn.functional import pad as padded

from training.grpo.once import once_per_video, seeing_part
from training.grpo.shown import Shown, distinct, joined_media, kinds_of
from training.shared_prompt import share_prompts

Scoring = Literal["shared", "plain"]
"""`shared`: a prompt is run once for all its replies in a batch; `plain`: once for each."""


@dataclass(frozen=True, slots=True)
class Pass:
    """What TRL's scoring is given in the place of padded prompts and replies."""

    call: Callable[..., Any]
    """The model, its media and masks filled in."""
    ids: Tensor
    """(rows, length) token ids."""
    mask: Tensor
    """(rows, length), 1 for the tokens to score, and perhaps for those before the last `keep`."""
    keep: int
    """How many positions at the end hold what is scored."""
    restore: Callable[[Tensor], Tensor]
    """From values at those positions, (rows, keep), to values of the replies as they came, (batch, longest)."""


def pass_of(
    scoring: Scoring,
    model: Any,
    batch: Sequence[Shown],
    ids: Tensor,
    mask: Tensor,
    num_prompt: int,
) -> Pass:
    """Prepare to score a batch; where no prompt has two replies, both ways are one.

    Args:
        scoring: the way.
        model: called as the policy or the reference.
        batch: what was shown, one per row.
        ids: (batch, length), prompts padded on the left, then replies padded on the right.
        mask: (batch, length), 1 for what is no padding.
        num_prompt: how many of `length` hold the prompt.
    """
    if scoring == "shared" and len(distinct(batch)) < len(batch):
        return _shared_pass(model, batch, ids, mask, num_prompt)
    return _plain_pass(model, batch, ids, mask, num_prompt)


def _plain_pass(
    model: Any, batch: Sequence[Shown], ids: Tensor, mask: Tensor, num_prompt: int
) -> Pass:
    """Score padded prompts and replies as they are; what shows the same shares visual features only."""
    kinds = kinds_of(batch, ids, num_prompt)
    media = joined_media(batch, ids.device, once=True)

    def call(**asked: Any) -> Any:
        with once_per_video(model, batch):
            return model(**asked, **media, mm_token_type_ids=kinds)

    return Pass(call, ids, mask, ids.size(1) - num_prompt, lambda values: values)


def _shared_pass(
    model: Any, batch: Sequence[Shown], ids: Tensor, mask: Tensor, num_prompt: int
) -> Pass:
    """Score the replies to each prompt in one row."""
    prompts = distinct(batch)
    places = {id(prompt): place for place, prompt in enumerate(prompts)}
    replies, kept = ids[:, num_prompt:], mask[:, num_prompt:]
    media = joined_media(prompts, ids.device, once=True)
    together = share_prompts(
        seeing_part(model),
        prompts,
        [reply[told.bool()].tolist() for reply, told in zip(replies, kept, strict=True)],
        [places[id(shown)] for shown in batch],
        media=media,
    )

    def call(attention_mask: Tensor, **asked: Any) -> Any:
        del (
            attention_mask
        )  # TRL needs it to tell what to score; what is seen is more than one row of it can say
        with once_per_video(model, prompts):
            return model(**{**media, **asked, **together.inputs()})

    def restore(values: Tensor) -> Tensor:
        found = together.gather(values)
        return padded(found, (0, replies.size(1) - found.size(1)))

    return Pass(
        call, together.ids, together.spread(together.told.long(), 0), together.tail, restore
    )
