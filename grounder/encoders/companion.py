"""Companion: what a folder of weights may tell about itself, in `whenwhat.toml` beside them.

`prompt` turns one of `names` into a text as the model was trained; `names` are what pictures can be
called; the table `confidence` is a row of `search/confidence.toml`, fitted to these weights.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grounder.errors import ModelError

FILE = "whenwhat.toml"
ROW = {"fitted": bool, "presence": list, "place": list, "decay": float, "limits": dict}
LIMITS = {"present", "sure", "found"}


@dataclass(frozen=True, slots=True)
class Companion:
    """What came beside the weights."""

    prompt: str
    names: tuple[str, ...]
    confidence: Mapping[str, Any] | None
    """None: nobody has fitted it yet."""


def read_companion(folder: Path) -> Companion | None:
    """Read the file beside the weights, None when there is none.

    Raises:
        ModelError: it is no TOML, or lacks what the top of `companion` shows.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ModelError(f"{path} is no TOML: {error}. Mend it, or take it away.") from error
    prompt, names, row = table.get("prompt", ""), table.get("names"), table.get("confidence")
    if not isinstance(names, list) or len(names) < 2 or "{}" not in prompt:
        raise ModelError(f"{path} needs a prompt with {{}} in it and a list of two or more names.")
    if row is not None and not _is_row(row):
        raise ModelError(
            f"[confidence] of {path} is {row}. It needs {', '.join(ROW)}, two numbers each in "
            f"presence and place, and {', '.join(sorted(LIMITS))} in limits."
        )
    return Companion(prompt, tuple(names), row)


def _is_row(row: Mapping[str, Any]) -> bool:
    return (
        all(isinstance(row.get(name), kind) for name, kind in ROW.items())
        and len(row["presence"]) == len(row["place"]) == 2
        and row["limits"].keys() == LIMITS
    )
