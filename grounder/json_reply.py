"""The one reader of JSON in a model's reply; nothing is repaired and nothing is guessed."""

import json
import re
from typing import TypeVar

from pydantic import BaseModel, ValidationError

Shape = TypeVar("Shape", bound=BaseModel)

LONGEST_QUOTE = 200
"""Characters of a reply that a message repeats."""


def read_json(text: str, shape: type[Shape]) -> Shape | str:
    """Read the first JSON object of a reply as `shape`, or return why it cannot be read.

    A reasoning model's `<think>…</think>` is left out.
    """
    spoken = spoken_part(text)
    start = spoken.find("{")
    if start < 0:
        return f"no JSON object in {short(text)}"
    try:
        value, _ = json.JSONDecoder().raw_decode(spoken, start)
        return shape.model_validate_json(json.dumps(value))
    except (json.JSONDecodeError, RecursionError):
        return f"broken JSON in {short(text)}"
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "reply"
        return f"{field}: {first['msg']} in {short(text)}"


def spoken_part(text: str) -> str:
    """Return a reply without its `<think>…</think>`."""
    return re.sub(r"<think>.*?</think>", "", text, flags=re.DOTALL)


def short(text: str) -> str:
    """Return the start of a reply, quoted."""
    return repr(text if len(text) <= LONGEST_QUOTE else text[:LONGEST_QUOTE] + "…")
