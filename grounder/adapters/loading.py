"""Find and read adapters: by name, or for a model by hub id and architecture."""

import tomllib
from fnmatch import fnmatch
from functools import cache
from importlib.resources import files
from typing import Any

from grounder.adapters.adapter import Adapter, Budget, ReplyFormat
from grounder.errors import SpecError

FOLDER = files("grounder.adapters")


@cache
def adapter_names() -> tuple[str, ...]:
    """Return the names of all adapters, sorted."""
    entries = (entry.name for entry in FOLDER.iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in entries if name.endswith(".toml")))


@cache
def load_adapter(name: str) -> Adapter:
    """Read the adapter called `name`.

    Raises:
        SpecError: there is no such adapter.
    """
    if name not in adapter_names():
        raise SpecError(
            f"No adapter is called {name!r}. Choose one of: {', '.join(adapter_names())}."
        )
    table = tomllib.loads(FOLDER.joinpath(f"{name}.toml").read_text(encoding="utf-8"))
    budget, reply = table.pop("budget"), table.pop("reply")
    return Adapter(
        name=name,
        budget=Budget(**_frozen(budget)),
        reply=ReplyFormat(**_frozen(reply)),
        **_frozen(table),
    )


def adapter_for(model_id: str, architecture: str) -> Adapter:
    """Return the adapter for a model: the one that names its hub id, else its architecture's default.

    A local folder counts by its last two parts, so `models/TencentARC/TimeLens-7B` is found too.

    Args:
        model_id: hub id or path.
        architecture: `model_type` of its config.json, such as `qwen3_vl`.

    Raises:
        SpecError: nothing is known about this architecture.
    """
    hub_id = "/".join(model_id.rstrip("/").split("/")[-2:]).lower()
    adapters = [load_adapter(name) for name in adapter_names()]
    for adapter in adapters:
        if any(fnmatch(hub_id, pattern.lower()) for pattern in adapter.hub_ids):
            return adapter
    for adapter in adapters:
        if architecture in adapter.architectures:
            return adapter
    known = sorted({known for adapter in adapters for known in adapter.architectures})
    raise SpecError(
        f"No adapter fits {model_id} (architecture {architecture!r}; known: {', '.join(known)}). "
        f"Name one after a #, for example {model_id}#{adapter_names()[0]}."
    )


def _frozen(table: dict[str, Any]) -> dict[str, Any]:
    """Turn TOML arrays into tuples, so that adapters are hashable."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
