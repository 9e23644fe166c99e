"""The rewards by name, as recipes call them."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from grounder.adapters import Adapter
from grounder.errors import SpecError
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

POSITIVE = ("kappa",)
"""Settings of rewards that must be above 0: they divide."""

OF_QUESTIONS = {"qa_correct": ("qa", "verify")}
"""Rewards of rows that ask something other than when, and their tasks."""


def reward_names() -> tuple[str, ...]:
    """Return the names of all rewards."""
    return tuple(SCORES)


def check_reward(choice: Choice) -> None:
    """See that there is such a reward, and that it can use its settings.

    Raises:
        SpecError: there is not, or it cannot; the message says which.
    """
    choice.check(SCORES, "reward", positive=POSITIVE)
    pattern = choice.settings.get("pattern", "")
    try:
        re.compile(pattern)
    except re.error as error:
        raise SpecError(
            f"The setting 'pattern' of the reward {choice.name!r} is {pattern!r}, which is no regular expression: "
            f"{error}. Mend it, or leave it out."
        ) from error


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
    check_reward(choice)
    score = partial(SCORES[name], **choice.settings)
    return Reward(name, adapter, score, OF_QUESTIONS.get(name, ("ground",)), strict)
