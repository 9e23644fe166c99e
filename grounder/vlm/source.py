"""Where weights come from, a folder or a hub id, and what is wrong with one that cannot be read."""

import re
from pathlib import Path
from typing import Any

from transformers import AutoConfig

from grounder.errors import ModelError

HUB_ID = re.compile(r"\w[\w.-]*(/\w[\w.-]*)?")
ADAPTER = "adapter_config.json"
"""What peft writes beside weights that are of use on top of others only."""


def read_config(model: str) -> Any:
    """Return the configuration of whole weights.

    Args:
        model: a folder, or a hub id.

    Raises:
        ModelError: there is no such folder, it holds LoRA weights alone, or nothing that transformers can read.
    """
    folder = Path(model)
    if not folder.exists() and not HUB_ID.fullmatch(model):
        raise ModelError(
            f"Cannot load {model}: there is no folder {model}. Name a folder with config.json, weights and "
            "processor files, or a hub id such as OWNER/NAME."
        )
    if (folder / ADAPTER).is_file() and not (folder / "config.json").is_file():
        raise ModelError(
            f"Cannot load {model}: it holds LoRA weights, which stand on those of another model. Join them with "
            f"`whenwhat train merge {model} FOLDER` and name that folder."
        )
    try:
        return AutoConfig.from_pretrained(model)
    except (OSError, ValueError) as error:
        raise unreadable(model, error) from error


def unreadable(model: str, error: Exception) -> ModelError:
    """Return what to tell of weights that transformers cannot read."""
    return ModelError(
        f"Cannot load {model}: {error}\nName a folder with config.json, weights and processor files, "
        "or a model id of a hub that this machine can reach."
    )
