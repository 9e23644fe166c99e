"""Reading changed settings: `--settings FILE.toml` first, then each `--set group.field=value`."""

import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

from grounder.errors import SpecError
from scenetg.settings import Settings

Value: TypeAlias = str | int | float | bool


def read_settings(file: Path | None = None, changes: Sequence[str] = ()) -> Settings:
    """Return the default settings with those of a TOML file, then those of `changes`, put in.

    Args:
        file: tables named like the groups, keys like their fields.
        changes: `scenes.merge=0.8`, and so on.

    Raises:
        SpecError: the file cannot be read, or a key or value means nothing; the message says which.
    """
    settings = Settings()
    if file is not None:
        for group, table in _table(file).items():
            if not isinstance(table, Mapping):
                raise SpecError(
                    f"{file}: {group} = {table!r} stands outside a table. Write it under the table "
                    f"of its stage, such as [scenes]; the tables are: {_listed(_groups())}."
                )
            for name, value in table.items():
                settings = _changed(settings, f"{group}.{name}", value, place=f"{file}: ")
    for change in changes:
        key, equals, text = change.partition("=")
        if not equals:
            raise SpecError(f"--set {change}: write GROUP.FIELD=VALUE, such as scenes.merge=0.8.")
        settings = _changed(settings, key.strip(), _value(text.strip()), place="--set ")
    return settings


def chosen(settings: Settings, keys: Iterable[str]) -> dict[str, Value]:
    """Return the values of groups (`scenes`) and fields (`shots.rate`), by dotted name."""
    values = {
        f"{group}.{name}": value
        for group, table in asdict(settings).items()
        for name, value in table.items()
    }
    wanted = tuple(keys)
    return {key: v for key, v in values.items() if key in wanted or key.split(".")[0] in wanted}


def _table(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SpecError(f"Cannot read the settings {file}: {error}. It must be TOML.") from error


def _changed(settings: Settings, key: str, value: object, *, place: str) -> Settings:
    group, _, name = key.partition(".")
    if group not in _groups():
        _refuse(f"{place}{key}: there is no group {group!r}", group, _groups())
    old = getattr(settings, group)
    names = [field.name for field in fields(old)]
    if name not in names:
        _refuse(f"{place}{key}: the group {group} has no setting {name!r}", name, names)
    fitting = _fitting(f"{place}{key}", getattr(old, name), value)
    return replace(settings, **{group: replace(old, **{name: fitting})})


def _fitting(key: str, default: Value, value: object) -> Value:
    """Return `value` in the type of the default."""
    if (
        isinstance(default, float)
        and isinstance(value, int | float)
        and not isinstance(value, bool)
    ):
        if math.isfinite(value):
            return float(value)
    elif type(value) is type(default):
        return value
    raise SpecError(
        f"{key} is {value!r}; it must be {type(default).__name__}, such as {default!r}."
    )


def _value(text: str) -> Value:
    """Return a word of the command line as what it looks like."""
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _refuse(problem: str, name: str, known: Sequence[str]) -> NoReturn:
    near = get_close_matches(name, known, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise SpecError(f"{problem}.{hint} There are: {_listed(known)}.")


def _groups() -> list[str]:
    return [field.name for field in fields(Settings)]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
