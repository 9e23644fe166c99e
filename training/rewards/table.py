"""The rewards by name, as recipes call them."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from grounder.adapters import Adapter
from training.choice import Choice
from training.rewards import moment, moments, words
from training.rewards.reward import Reward

SCORES: dict[str, Callable[..., float | None]] = {
    "iou": moment.iou,
    "timestamp_iou": moment.timestamp_iou,
    "cendist": moment.cendist,
    "cendist_exp": moment.cendist_exp,
    "giou": moment.giou,
    "diou": moment.diou,
    "boundary": moment.boundary,
    "set_iou": moments.set_iou,
    "soft_f1": moments.soft_f1,
    "paired_giou": moments.paired_giou,
    "wasserstein": moments.wasserstein,
    "length_ratio": moments.length_ratio,
    "format": words.format_kept,
    "parse_penalty": words.parse_penalty,
    "refusal": words.refusal,
    "qa_correct": words.qa_correct,
}

OF_QUESTIONS = {"qa_correct": ("qa", "verify")}
"""Rewards of rows that ask something other than when, and their tasks."""


def reward_names() -> tuple[str, ...]:
    """Return the names of all rewards."""
    return tuple(SCORES)


def load_reward(
    name: str,
    adapter: Adapter,
    settings: Mapping[str, Any] | None = None,
    *,
    strict: bool = False,
) -> Reward:
    """Return the reward called `name`, which reads replies as `adapter` says.

    Args:
        name: one of `reward_names()`.
        adapter: how the model is asked.
        settings: values of the reward's own settings, such as `kappa`.
        strict: moments that had to be mended to be read count as none (`Reward.strict`).

    Raises:
        SpecError: there is no such reward, or it has no such setting.
    """
    choice = Choice(name, settings or {})
    choice.check(SCORES, "reward")
    score = partial(SCORES[name], **choice.settings)
    return Reward(name, adapter, score, OF_QUESTIONS.get(name, ("ground",)), strict)
