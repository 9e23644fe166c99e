"""Row: one entry of somebody else's annotation file, and where it stands; what is wrong names the place."""

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Never, TypeGuard

from grounder.errors import DatasetError

Window = tuple[float, float]
"""Start and end in seconds as a file states them: finite, but perhaps a point, reversed or past the end."""


@dataclass(frozen=True, slots=True)
class Row:
    """The fields of one entry."""

    place: str
    """File and line, or file and key."""
    fields: Mapping[str, Any]

    def wrong(self, name: str, rule: str) -> Never:
        """Raise a DatasetError about one field: what it holds, what it must be."""
        value = repr(self.fields[name])[:80] if name in self.fields else "missing"
        raise DatasetError(
            f"{self.place}: `{name}` is {value}; it must be {rule}. Correct the file."
        )

    def text(self, *names: str) -> str:
        """Return the first of the named fields that is there, as text (qids may be numbers)."""
        name = next((name for name in names if name in self.fields), names[0])
        value = self.fields.get(name)
        if isinstance(value, bool) or not isinstance(value, str | int):
            self.wrong(name, "text")
        return str(value)

    def number(self, name: str) -> float:
        """Return a field that must be a finite number."""
        value = self.fields.get(name)
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not math.isfinite(value)
        ):
            self.wrong(name, "a finite number")
        return float(value)

    def optional_number(self, name: str) -> float | None:
        """Return a number, or None where the field is missing or null."""
        return None if self.fields.get(name) is None else self.number(name)

    def window(self, name: str) -> Window:
        """Return a field that must be one [start, end]."""
        value = self.fields.get(name)
        return as_window(value) or self.wrong(name, "[start, end] in seconds")

    def windows(self, name: str) -> tuple[Window, ...]:
        """Return a field that must be a list of [start, end]."""
        value = self.fields.get(name)
        read = [as_window(pair) for pair in value] if isinstance(value, list) else [None]
        if None in read:
            self.wrong(name, "a list of [start, end] in seconds")
        return tuple(window for window in read if window is not None)

    def entries(self, name: str) -> list[Any]:
        """Return a field that must be a list."""
        value = self.fields.get(name)
        return value if isinstance(value, list) else self.wrong(name, "a list")

    def rest(self, *known: str) -> dict[str, Any]:
        """Return the fields that are not `known`, to be kept as they are."""
        return {name: value for name, value in self.fields.items() if name not in known}


def is_finite(value: object) -> TypeGuard[int | float]:
    """Tell whether a JSON value is a number that a float can hold; true and false are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # JSON integers have no largest one
        return False


def as_window(value: object) -> Window | None:
    """Return a pair of finite numbers, or None when `value` is anything else."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        return None
    if not all(map(is_finite, value)):
        return None
    return float(value[0]), float(value[1])


def text_lines(path: Path) -> Iterator[tuple[str, str]]:
    """Yield each line that is not blank, without its end, as (place, line)."""
    try:
        # utf-8-sig: files that went through a spreadsheet start with a byte order mark.
        with path.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield f"{path}:{number}", line.rstrip("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"Cannot read {path}: {error}. It must be a UTF-8 file.") from error


def jsonl_rows(path: Path) -> Iterator[Row]:
    """Yield the objects of a JSONL file."""
    for place, line in text_lines(path):
        try:
            value = json.loads(line)
        except ValueError as error:
            raise DatasetError(
                f"{place}: {line[:80]!r} is no JSON ({error}). Each line must be one JSON object."
            ) from error
        yield as_row(place, value)


def json_document(path: Path) -> Any:
    """Return the one value of a JSON file."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        return json.loads(text, object_pairs_hook=_without_doubles)
    except (OSError, ValueError) as error:
        raise DatasetError(f"Cannot read {path}: {error}. It must be one JSON document.") from error


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object whose keys are unique; json would silently keep the last of equal ones."""
    fields = dict(pairs)
    if len(fields) < len(pairs):
        doubled = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise ValueError(f"key {doubled!r} stands twice in one object")
    return fields


def json_rows(path: Path) -> Iterator[Row]:
    """Yield the objects of a JSON file that holds one list of them."""
    document = json_document(path)
    if not isinstance(document, list):
        raise DatasetError(
            f"{path} holds one {type(document).__name__}; it must be a JSON list of objects."
        )
    for number, value in enumerate(document):
        yield as_row(f"{path}[{number}]", value)


def json_entries(path: Path) -> Iterator[tuple[str, Row]]:
    """Yield (key, object) of a JSON file that maps names to objects."""
    document = json_document(path)
    if not isinstance(document, dict):
        raise DatasetError(
            f"{path} holds one {type(document).__name__}; it must be a JSON object of objects."
        )
    for key, value in document.items():
        yield key, as_row(f"{path}[{key!r}]", value)


def as_row(place: str, value: object) -> Row:
    """Return an object of a file as a Row; anything else is an error that names the place."""
    if not isinstance(value, dict):
        raise DatasetError(
            f"{place}: {str(value)[:80]!r} is no JSON object. Each entry must be one."
        )
    return Row(place, value)
