"""Values of a recipe, each checked on its own; messages say what came in and what is allowed."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from difflib import get_close_matches
from typing import Any

from grounder.errors import SpecError
from training.windows import Windows


def text_of(table: Mapping[str, Any], key: str) -> str:
    """Read text; empty where there is none."""
    value = table.get(key) or ""
    if not isinstance(value, str):
        raise SpecError(f"{key} is {value!r}; it must be text.")
    return value


def word_of(table: Mapping[str, Any], key: str, known: Sequence[str]) -> str:
    """Read one of the known words; empty where there is none."""
    value = table.get(key) or ""
    if value and value not in known:
        raise SpecError(f"{key} is {value!r}; choose from: {', '.join(known)}.")
    return str(value)


def words_of(table: Mapping[str, Any], key: str, example: str) -> tuple[str, ...]:
    """Read a list of words, or one word; none where there is nothing. `example`: of such a word, for the message."""
    value = table.get(key) or []
    words = [value] if isinstance(value, str) else value
    if not (isinstance(words, list) and all(isinstance(word, str) and word for word in words)):
        raise SpecError(f"{key} is {value!r}; it must be a list of words, such as [{example}].")
    return tuple(words)


def truth_of(table: Mapping[str, Any], key: str) -> bool:
    """Read true or false; false where there is neither."""
    value = table.get(key, False)
    if not isinstance(value, bool):
        raise SpecError(f"{key} is {value!r}; it must be true or false.")
    return value


def windows_of(table: Any) -> Windows | None:
    """Read `windows: {seconds: …, absent: …}`; None where there is none."""
    if not table:
        return None
    if not isinstance(table, dict) or "seconds" not in table:
        raise SpecError(f"windows is {table!r}; it needs seconds, and may have absent.")
    for key, value in table.items():
        check_key(key, [one.name for one in fields(Windows)], "key of windows")
        if not is_number(value):
            raise SpecError(f"windows.{key} is {value!r}; it must be a number.")
    try:
        return Windows(**table)
    except ValueError as error:
        raise SpecError(f"windows cannot be used: {error}") from error


def check_key(key: Any, known: Sequence[str], what: str) -> None:
    """Raise SpecError, with the nearest known one, for a key that means nothing."""
    if key not in known:
        near = get_close_matches(str(key), known, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(known)}."
        raise SpecError(f"{key!r} is no {what}. {hint}")


def is_number(value: Any) -> bool:
    """Tell whether a value is a finite number; True and False are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < math.inf
