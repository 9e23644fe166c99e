"""What a system is called: a name and settings, as `agent:encoder=conse,max_looks=3`, checked before anything is loaded."""

import math
import re
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from typing import get_args, get_type_hints

from agent.modes import MODES, Mode
from grounder.errors import SpecError

Setting = str | int | float | bool | None
NONE_TOO = ("overlap", "spacing")
"""Settings that may be 0."""
BLIND = ("random", "whole", "centre", "train-mean")
FORMS = """\
  random, whole, centre      blind baselines: a random span, the whole video, its middle half
  train-mean:FILE            the mean span of these labels of a training set
  retrieval[:ENCODER]        the index alone (encoder=, k=, longest=)
  grounder:MODEL             a vision-language model over the whole video, in sliding windows where that is too long
                             (vlm=, overlap=); MODEL as in --vlm
  agent[:key=value,…]        the whole agent (encoder=, vlm=, grounder=, mode=, max_looks=, k=, frames=, window=,
                             spacing=)"""


@dataclass(frozen=True, slots=True)
class BlindSpec:
    """A baseline that looks at nothing."""

    kind: str
    file: str = ""
    """Labels of the training set, for `train-mean`."""


@dataclass(frozen=True, slots=True)
class RetrievalSpec:
    """The index alone."""

    encoder: str = "auto"
    k: int = 10
    """Windows of a prediction, at most."""
    longest: float = 60.0
    """Seconds no window exceeds."""


@dataclass(frozen=True, slots=True)
class GrounderSpec:
    """A vision-language model by itself."""

    vlm: str
    overlap: float = 0.5
    """Share of a sliding window that the next one sees again, in [0, 1)."""


@dataclass(frozen=True, slots=True)
class AgentSpec:
    """The whole agent."""

    encoder: str = "auto"
    vlm: str = ""
    """Empty: answers are extracts."""
    grounder: str = "auto"
    mode: Mode = "grounded"
    max_looks: int = 5
    k: int = 5
    """Moments that are gathered where no question is asked."""
    frames: int = 32
    """The most an answer is made over."""
    window: float = 60.0
    """Seconds one look covers at most."""
    spacing: float = 0.0
    """Seconds between two frames of one moment at least."""


SystemSpec = BlindSpec | RetrievalSpec | GrounderSpec | AgentSpec
SYSTEMS: dict[str, tuple[type[SystemSpec], str]] = {
    **dict.fromkeys(BLIND, (BlindSpec, "file")),
    "retrieval": (RetrievalSpec, "encoder"),
    "grounder": (GrounderSpec, "vlm"),
    "agent": (AgentSpec, ""),
}
"""Name to the form of its settings, and which of them may stand right after the colon without its name."""


def parse_system(text: str, flags: Mapping[str, Setting]) -> SystemSpec:
    """Return the system that a text names; `flags` set what the text leaves open (None: not given).

    Raises:
        SpecError: the text or a setting means nothing; the message says what is allowed.
    """
    name, _, rest = text.partition(":")
    if name not in SYSTEMS:
        raise SpecError(f"{name!r} is no system. Write one of:\n{FORMS}")
    form, bare = SYSTEMS[name]
    given: dict[str, Setting] = {key: value for key, value in flags.items() if value is not None}
    given |= _settings(rest, bare, text)
    if form is BlindSpec:
        given["kind"] = name
    known = get_type_hints(form)
    if strange := [key for key in given if key not in known]:
        takes = ", ".join(key for key in known if key != "kind") or "no settings"
        raise SpecError(f"{name} has no setting {strange[0]!r}; it takes {takes}.")
    values = {key: _typed(key, value, known[key]) for key, value in given.items()}
    needed = [field.name for field in fields(form) if field.default is MISSING]
    if (lacking := [key for key in needed if key not in values]) or (
        name == "train-mean" and "file" not in values
    ):
        raise SpecError(f"{name} needs {(lacking or ['file'])[0]}. Write one of:\n{FORMS}")
    return _checked(form(**values))  # type: ignore[arg-type]  # each value has the type of its field by now


def spec_text(spec: SystemSpec) -> str:
    """Return the text that names a system with all its settings."""
    settings = asdict(spec)
    name = settings.pop("kind") if isinstance(spec, BlindSpec) else _name_of(spec)
    told = ",".join(f"{key}={value}" for key, value in settings.items() if value != "")
    return f"{name}:{told}" if told else name


def settings_of(spec: SystemSpec) -> dict[str, Setting]:
    """Return the settings of a system by name."""
    return dict(asdict(spec))


def _name_of(spec: SystemSpec) -> str:
    return next(name for name, (form, _) in SYSTEMS.items() if isinstance(spec, form))


def _settings(rest: str, bare: str, text: str) -> dict[str, str]:
    """Read `first,key=value,…`; a comma inside a value stays, unless a key follows."""
    parts = re.split(r",(?=[a-z_]+=)", rest) if rest else []
    settings = {}
    for position, part in enumerate(parts):
        match = re.fullmatch(r"([a-z_]+)=(.*)", part, re.DOTALL)
        if match:
            settings[match[1]] = match[2]
        elif position == 0 and bare:
            settings[bare] = part
        else:
            raise SpecError(f"{part!r} in {text!r} is no setting. Write key=value.")
    return settings


def _typed(key: str, value: Setting, kind: type) -> Setting:
    if kind not in (int, float):
        if get_args(kind) and value not in get_args(kind):
            raise SpecError(f"{key} is {value!r}; choose one of {', '.join(get_args(kind))}.")
        return value
    try:
        return int(str(value)) if kind is int else float(str(value))
    except ValueError as error:
        raise SpecError(f"{key} is {value!r}; it must be a number.") from error


def _checked(spec: SystemSpec) -> SystemSpec:
    for key, value in asdict(spec).items():
        if not isinstance(value, int | float):
            continue
        if key in NONE_TOO and not 0 <= value < math.inf:
            raise SpecError(f"{key} is {value}; it must be at least 0.")
        if key not in NONE_TOO and value <= 0:
            raise SpecError(f"{key} is {value}; it must be above 0.")
    if isinstance(spec, GrounderSpec) and not 0 <= spec.overlap < 1:
        raise SpecError(f"overlap is {spec.overlap}; it must be a share in [0, 1).")
    if isinstance(spec, AgentSpec) and spec.mode in {"given-span", "random-span"}:
        free = [mode for mode in MODES if mode not in {"given-span", "random-span"}]
        raise SpecError(
            f"mode {spec.mode} needs the truth; compare the modes with --answers. Here: {', '.join(free)}."
        )
    return spec
