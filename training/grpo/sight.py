"""The test before training: does what is learnt depend on the video at all?

Stock TRL 1.16 hands video to rollouts but not to scoring (huggingface/trl#4144): it trains blind, with no error.
"""

import math
from abc import abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from transformers.integrations.deepspeed import is_deepspeed_zero3_enabled

from grounder.errors import ModelError
from training.grpo.shown import PIXELS, Shown

LEAST_CHANGE = (
    1e-6  # nats; a model that sees changes by far more when all pixels change, a blind one by 0
)
REPLY = 8  # tokens that are scored

Score = Callable[[Sequence[Shown], Sequence[Sequence[int]]], Tensor]
"""Log-probs of replies (ids) to what is shown, (batch, length), with gradients."""


class Sighted:
    """A trainer that sees to it, before the first step, that it would not train blind; stands before TRL's class."""

    @property
    @abstractmethod
    def policy(self) -> Any:
        """The model that is trained, as it was before it was wrapped for several processes."""

    @abstractmethod
    def check_sight(self) -> None:
        """Raise ModelError where training would be blind."""

    def train(
        self,
        resume_from_checkpoint: str | bool | None = None,
        trial: Any = None,
        ignore_keys_for_eval: list[str] | None = None,
    ) -> Any:
        """Check that scoring sees the video, then train as TRL does.

        Raises:
            ModelError: training would be blind.
        """
        with _whole_weights(self.policy):
            self.check_sight()
        trainer: Any = super()
        return trainer.train(resume_from_checkpoint, trial, ignore_keys_for_eval)


def check_sight(score: Score, shown: Shown, reply: Sequence[int], vision: nn.Module) -> None:
    """Refuse to train when another video gives the same log-probs, or no gradient reaches the pixels.

    Args:
        score: the very function that training scores with.
        shown: one row.
        reply: token ids of any reply to it.
        vision: the vision tower; where it is trained, gradients must reach its weights, too.

    Raises:
        ModelError: the scoring is blind.
    """
    replies = [reply[:REPLY]] * 2  # of one prompt: the pass that a group takes
    with torch.no_grad():
        seen, unseen = (score([one] * 2, replies) for one in (shown, shown.noise()))
    change = (seen - unseen).abs().max().item()
    if not change > LEAST_CHANGE:
        raise ModelError(
            f"Training would be blind: noise instead of the video changes log-probs by {change:.1e} at most. "
            "The pixels do not reach scoring; check the versions of trl and transformers (trl 1.16 is known to work)."
        )
    watched = {
        name: tensor.detach().clone().requires_grad_()
        for name, tensor in shown.media.items()
        if name in PIXELS
    }
    weights = [weight for weight in vision.parameters() if weight.requires_grad]
    total = score([replace(shown, media=shown.media | watched)] * 2, replies).sum()
    gradients = torch.autograd.grad(total, [*watched.values(), *weights], allow_unused=True)
    _check_some(gradients[: len(watched)], "the pixels")
    if weights:
        _check_some(gradients[len(watched) :], "the weights of the vision tower")


def _whole_weights(model: nn.Module) -> AbstractContextManager[None]:
    """Put the parts of weights together for a while where ZeRO-3 parted them as they were read."""
    if not is_deepspeed_zero3_enabled():  # type: ignore[no-untyped-call] # transformers is typed in part
        return nullcontext()
    import deepspeed

    gathered: AbstractContextManager[None] = deepspeed.zero.GatheredParameters(
        list(model.parameters())
    )
    return gathered


def _check_some(gradients: Sequence[Tensor | None], what: str) -> None:
    found = [float(one.abs().max()) for one in gradients if one is not None]
    # Python's max loses a NaN that is not the first.
    largest = next(filter(math.isnan, found), max(found, default=0.0))
    if not 0 < largest < float("inf"):
        raise ModelError(
            f"Training would be blind: the largest gradient of log-probs at {what} is {largest}. "
            "Something between them and the loss is detached or not finite."
        )
