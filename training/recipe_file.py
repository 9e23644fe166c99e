"""A recipe file: read as a table, changed by `key=value`, each key checked before anything is done with it.

`training/recipes` holds one file per published setting; any other file is named by its path.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

from grounder.errors import MissingDependency, SpecError
from training.values import check_key, is_number

FOLDER = Path(__file__).parent / "recipes"
METHODS = ("sft", "grpo")
R = TypeVar("R")


def recipe_names(method: str = "grpo") -> tuple[str, ...]:
    """Return the names of the recipes of a method that come along."""
    paths = sorted(FOLDER.glob("*.yaml"))
    return tuple(path.stem for path in paths if _table(path).get("method") == method)


def read_as(
    made: Callable[[str, dict[str, Any]], R], name: str, changes: Sequence[str], *, method: str
) -> R:
    """Read a recipe and check its keys; no model is touched.

    Args:
        made: makes it of its name and its keys, `method` taken out.
        name: of a recipe that comes along, or the path of a YAML file.
        changes: `key=value`, a dot for each step inwards (`trainer.beta=0.01`, `rewards.cendist=0.3`).
        method: what the recipe must be for.

    Raises:
        SpecError: there is no such recipe, it is none, one for another method, or a key or value in it
            cannot be right; the message says which.
        MissingDependency: the extra `train` is not installed.
    """
    path, table = _changed(name, changes, method)
    try:
        return made(path.stem, table)
    except SpecError as error:
        raise SpecError(f"{path}: {error}") from error


def _changed(name: str, changes: Sequence[str], method: str) -> tuple[Path, dict[str, Any]]:
    """Return the path and the keys of a recipe."""
    path = Path(name) if name.endswith((".yaml", ".yml")) else FOLDER / f"{name}.yaml"
    if not path.is_file():
        raise SpecError(
            f"There is no recipe {name!r}. Name the path of a YAML file, or one of: "
            f"{', '.join(recipe_names(method))}."
        )
    table = _table(path)
    for change in changes:
        _apply(table, change)
    found = table.pop("method", None)
    if found != method:
        raise SpecError(_other_method(path, found, method))
    return path, table


def check_trainer(table: Any, kind: type, *, elsewhere: Mapping[str, str]) -> None:
    """Refuse settings that TRL does not have, or that are not of the kind it takes.

    Args:
        table: `trainer` of a recipe.
        kind: TRL's dataclass of settings.
        elsewhere: its fields that have no place in a recipe, and why.

    Raises:
        SpecError: the message names the key.
    """
    if not isinstance(table, dict):
        raise SpecError(f"trainer is {table!r}; it holds fields of TRL's {kind.__name__}.")
    known = {one.name: one.default for one in fields(kind)}
    for key, value in table.items():
        if key in elsewhere:
            raise SpecError(f"trainer.{key} has no place in a recipe: {elsewhere[key]}.")
        check_key(key, list(known), f"field of TRL's {kind.__name__}")
        default = known[key]
        if isinstance(default, bool) and not isinstance(value, bool):
            raise SpecError(f"trainer.{key} is {value!r}; it must be true or false.")
        if is_number(default) and not is_number(value):
            raise SpecError(f"trainer.{key} is {value!r}; it must be a number such as {default}.")


def without_train() -> MissingDependency:
    """Return the error that the extra `train` is not installed."""
    return MissingDependency(
        "Training needs TRL, peft and PyYAML. Install them with `pip install 'whenwhat[train]'`."
    )


def _other_method(path: Path, found: Any, method: str) -> str:
    if found is None:
        return f"{path}: method must be given, one of: {', '.join(METHODS)}."
    if found in METHODS:
        return (
            f"{path} is a recipe for {found}, not for {method}. "
            f"Run `whenwhat train {found}`, or choose one of: {', '.join(recipe_names(method))}."
        )
    return f"{path}: method is {found!r}; choose from: {', '.join(METHODS)}."


def _table(path: Path) -> dict[str, Any]:
    table = _parsed(path.read_text(encoding="utf-8"), str(path))
    if not isinstance(table, dict):
        raise SpecError(f"{path} holds {type(table).__name__}, not keys with values.")
    return table


def _apply(table: dict[str, Any], change: str) -> None:
    """Set one `key=value` in a table."""
    key, sign, value = change.partition("=")
    if not (key and sign):
        raise SpecError(f"{change!r} changes nothing; write key=value, such as trainer.beta=0.01.")
    *steps, last = key.split(".")
    inner = table
    for step in steps:
        if inner.get(step) is None:
            inner[step] = {}
        if not isinstance(inner[step], dict):
            raise SpecError(f"{change!r}: {step} is {inner[step]!r}, which holds no {last!r}.")
        inner = inner[step]
    inner[last] = _parsed(value, change)


def _parsed(text: str, place: str) -> Any:
    try:
        import yaml
    except ModuleNotFoundError as error:
        raise without_train() from error

    class Loader(yaml.SafeLoader):  # type: ignore[misc] # yaml ships no types
        """PyYAML's YAML 1.1, but as in 1.2 `1e-6` is a number, and `no` a word that TRL knows."""

    truth, number = "tag:yaml.org,2002:bool", "tag:yaml.org,2002:float"
    Loader.yaml_implicit_resolvers = {
        first: [(tag, shape) for tag, shape in pairs if tag != truth]
        for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    Loader.add_implicit_resolver(truth, re.compile(r"(?:true|false)\Z"), list("tf"))
    exponent = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)[eE][-+]?\d+\Z")
    Loader.add_implicit_resolver(number, exponent, list("-+.0123456789"))
    try:
        return yaml.load(text, Loader)
    except yaml.YAMLError as error:
        raise SpecError(f"{place} is no YAML: {error}") from error
