"""The `data` of an SFT recipe: the name of a file of rows, or worlds to be rendered."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import fields
from typing import Any

from grounder.errors import SpecError
from scenetg.world import LEVELS, SPLITS, Wanted
from scenetg.world.queries import KINDS
from scenetg.world.questions import QUESTIONS
from training.sft.lessons import Subject
from training.sft.rendered import Rendered
from training.values import check_key, is_number

Data = str | Rendered
COUNTS = tuple(one.name for one in fields(Wanted) if one.name != "shots")


def data_of(table: Mapping[str, Any], key: str, subjects: tuple[Subject, ...]) -> Data:
    """Read a file name, or `world: {level: …, seconds: …, …}` (`training.sft.rendered.Rendered`).

    Raises:
        SpecError: it is neither, or worlds are asked for that cannot be.
    """
    value = table.get(key) or ""
    if isinstance(value, str):
        return value
    if not isinstance(value, dict) or set(value) != {"world"}:
        raise SpecError(
            f"{key} is {value!r}; name a JSONL file, or write `world: {{level: nano}}`."
        )
    return _rendered(value["world"] or {}, f"{key}.world", subjects)


def _rendered(table: Any, place: str, subjects: tuple[Subject, ...]) -> Rendered:
    known = [one.name for one in fields(Rendered) if one.name != "subjects"]
    if not isinstance(table, dict):
        raise SpecError(f"{place} is {table!r}; it holds {', '.join(known)}.")
    for key, value in table.items():
        check_key(key, known, f"key of {place}")
        fits, allowed = CHECKS.get(key, NUMBER)
        if not fits(value):
            raise SpecError(f"{place}.{key} is {value!r}; {allowed}.")
    values = dict(table)
    if "wanted" in table:
        for task, count in table["wanted"].items():
            check_key(task, COUNTS, f"key of {place}.wanted")
            if not (type(count) is int and count >= 0):
                raise SpecError(
                    f"{place}.wanted.{task} is {count!r}; it must be a whole number, 0 or more."
                )
        values["wanted"] = Wanted(**{"shots": False, **table["wanted"]})
    for key in {"kinds", "questions"} & table.keys():
        values[key] = tuple(table[key])
    for key in {"seconds", "scenes", "ramp"} & table.keys():
        values[key] = (float(table[key][0]), float(table[key][1]))
    return Rendered(**values, subjects=subjects)


def _is_range(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(is_number, value))


def _is_ramp(value: Any) -> bool:
    return _is_range(value) and 0 <= value[0] <= value[1] <= 1


def _is_count(value: Any) -> bool:
    return type(value) is int and value > 0


Check = tuple[Callable[[Any], bool], str]
"""Whether a value can be used, and what can."""


def _one_of(known: Collection[str]) -> Check:
    def fits(value: Any) -> bool:
        return isinstance(value, str) and value in known

    return fits, f"choose from: {', '.join(known)}"


def _some_of(known: Collection[str]) -> Check:
    fits, _ = _one_of(known)

    def fit(value: Any) -> bool:
        return isinstance(value, list) and value != [] and all(map(fits, value))

    return fit, f"list some of: {', '.join(known)}"


NUMBER: Check = (lambda value: is_number(value) and value >= 0, "it must be a number of at least 0")
RANGE: Check = (_is_range, "write the shortest and the longest: [4, 30]")
COUNT: Check = (_is_count, "it must be a whole number above 0")
CHECKS: dict[str, Check] = {
    "level": _one_of(LEVELS),
    "split": _one_of(SPLITS),
    "seconds": RANGE,
    "scenes": RANGE,
    "ramp": (_is_ramp, "write where in the epoch it begins and ends: [0.2, 0.5]"),
    "rows": COUNT,
    "side": COUNT,
    "together": COUNT,
    "alike": COUNT,
    "most_spans": COUNT,
    "varied": (lambda value: isinstance(value, bool), "it must be true or false"),
    "kinds": _some_of(KINDS),
    "questions": _some_of(QUESTIONS),
    "wanted": (
        lambda value: isinstance(value, dict),
        "write how often each comes: {ground: 4, qa: 2}",
    ),
}
