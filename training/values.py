"""Values of a recipe, each checked on its own; messages say what came in and what is allowed."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from difflib import get_close_matches
from typing import Any, TypeVar, get_args, get_type_hints

from grounder.errors import SpecError
from training.questions import Questions
from training.windows import Windows

Settings = TypeVar("Settings", Windows, Questions)


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


def fields_of(kind: type[Settings], table: Any, key: str) -> Settings:
    """Read the fields of one of our dataclasses: numbers not below 0, and words that it names itself."""
    if not isinstance(table, dict):
        raise SpecError(
            f"{key} is {table!r}; it holds {', '.join(one.name for one in fields(kind))}."
        )
    types = get_type_hints(kind)
    for name, value in table.items():
        check_key(name, list(types), f"{key} key")
        known = get_args(types[name])
        if known and value not in known:
            raise SpecError(f"{key}.{name} is {value!r}; choose from: {', '.join(known)}.")
        whole = types[name] is int
        if not known and not (
            is_number(value) and value >= 0 and not (whole and value != int(value))
        ):
            raise SpecError(f"{key}.{name} is {value!r}; it must be a number of at least 0.")
    try:
        return kind(**table)
    except (TypeError, ValueError) as error:
        raise SpecError(f"{key} is {table!r}: {error}.") from error


def check_key(key: Any, known: Sequence[str], what: str) -> None:
    """Raise SpecError, with the nearest known one, for a key that means nothing."""
    if key not in known:
        near = get_close_matches(str(key), known, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(known)}."
        raise SpecError(f"{key!r} is no {what}. {hint}")


def is_number(value: Any) -> bool:
    """Tell whether a value is a number; True and False are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)
