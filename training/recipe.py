"""Recipe: one GRPO run as a YAML file: our few fields, and TRL's own under `trainer`.

`training/recipes` holds one file per published setting; any other file is named by its path.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from grounder.adapters import load_adapter
from grounder.errors import MissingDependency, SpecError
from training.choice import Choice
from training.curriculum import Curriculum
from training.difficulty import FILTERS
from training.rewards.table import SCORES
from training.token_kl import KlMask

if TYPE_CHECKING:
    from trl.trainer.grpo_config import GRPOConfig

FOLDER = Path(__file__).parent / "recipes"
ELSEWHERE = {
    "output_dir": "it is named on the command line",
    "reward_weights": "write the weights under rewards",
    "use_vllm": "TRL hands vLLM no video",
}


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one model is trained with GRPO."""

    name: str
    """Of the file, without `.yaml`."""
    source: str
    """What it reproduces, and where that was read."""
    model: str
    """Folder or hub id of the weights to start from."""
    adapter: str
    """How the model is asked; holds the frame and pixel budget, too."""
    rewards: tuple[tuple[Choice, float], ...]
    """Each with its weight."""
    data: str = ""
    """JSONL rows to train on (grounder.sample)."""
    validation: str = ""
    """JSONL rows to evaluate on; empty: none."""
    beta_time: float | None = None
    """KL weight of time tokens; None: `trainer.beta`, as for any other."""
    kl_mask: KlMask = "vocab+span"
    """Which tokens those are."""
    keep: Choice | None = None
    """Which rows are trained on; one of `training.difficulty.FILTERS`."""
    curriculum: Curriculum | None = None
    """Rounds that follow the first, each on rows chosen anew."""
    lora: Mapping[str, Any] | None = None
    """Fields of `peft.LoraConfig`; None: the weights themselves are trained."""
    frozen: tuple[str, ...] = ()
    """Parts of the model that are not trained, such as `visual.blocks`."""
    trainer: Mapping[str, Any] = field(default_factory=dict)
    """Fields of TRL's GRPOConfig."""


def recipe_names() -> tuple[str, ...]:
    """Return the names of the recipes that come along."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def read_recipe(name: str, changes: Sequence[str] = ()) -> Recipe:
    """Read a recipe; no model is touched.

    Args:
        name: of a recipe that comes along, or the path of a YAML file.
        changes: `key=value`, a dot for each step inwards (`trainer.beta=0.01`, `rewards.cendist=0.3`).

    Raises:
        SpecError: there is no such recipe, or a key or value in it cannot be right; the message says which.
        MissingDependency: the extra `train` is not installed.
    """
    path = Path(name) if name.endswith((".yaml", ".yml")) else FOLDER / f"{name}.yaml"
    if not path.is_file():
        raise SpecError(
            f"There is no recipe {name!r}. Name the path of a YAML file, or one of: {', '.join(recipe_names())}."
        )
    table = _parsed(path.read_text(encoding="utf-8"), str(path))
    if not isinstance(table, dict):
        raise SpecError(f"{path} holds {type(table).__name__}, not keys with values.")
    for change in changes:
        _apply(table, change)
    try:
        return _recipe(path.stem, table)
    except SpecError as error:
        raise SpecError(f"{path}: {error}") from error


def grpo_config(recipe: Recipe, output: Path) -> "GRPOConfig":
    """Return TRL's settings for a run that writes to `output`.

    Raises:
        SpecError: TRL finds that they do not fit together or this machine.
    """
    from trl.trainer.grpo_config import GRPOConfig

    weights = [weight for _, weight in recipe.rewards]
    try:
        return GRPOConfig(output_dir=str(output), reward_weights=weights, **recipe.trainer)
    except (TypeError, ValueError) as error:
        raise SpecError(f"The trainer settings of {recipe.name} cannot be used: {error}") from error


def _recipe(name: str, table: dict[str, Any]) -> Recipe:
    known = [one.name for one in fields(Recipe) if one.name != "name"]
    for key in table:
        _check_key(key, known, "recipe key")
    if missing := [key for key in ("source", "model", "adapter", "rewards") if not table.get(key)]:
        raise SpecError(f"{', '.join(missing)} must be given.")
    load_adapter(_text(table, "adapter"))
    trainer = table.get("trainer") or {}
    _check_trainer(trainer)
    if table.get("kl_mask", "vocab") not in get_args(KlMask):
        raise SpecError(
            f"kl_mask is {table['kl_mask']!r}; choose from: {', '.join(get_args(KlMask))}."
        )
    beta_time = table.get("beta_time")
    if beta_time is not None and not _is_number(beta_time):
        raise SpecError(f"beta_time is {beta_time!r}; it must be a number, or left out.")
    return Recipe(
        name=name,
        source=_text(table, "source"),
        model=_text(table, "model"),
        adapter=_text(table, "adapter"),
        rewards=_rewards(table["rewards"]),
        data=_text(table, "data"),
        validation=_text(table, "validation"),
        beta_time=beta_time,
        kl_mask=table.get("kl_mask", "vocab+span"),
        keep=_filter(table["keep"]) if table.get("keep") else None,
        curriculum=_curriculum(table["curriculum"]) if table.get("curriculum") else None,
        lora=table.get("lora"),
        frozen=tuple(table.get("frozen") or ()),
        trainer=trainer,
    )


def _rewards(table: Any) -> tuple[tuple[Choice, float], ...]:
    """Read `name: weight` and `name: {weight: …, setting: …}`."""
    if not isinstance(table, dict):
        raise SpecError(f"rewards is {table!r}; write `name: weight` for each.")
    rewards = []
    for name, value in table.items():
        settings = dict(value) if isinstance(value, dict) else {"weight": value}
        weight = settings.pop("weight", None)
        if not _is_number(weight):
            raise SpecError(
                f"The weight of the reward {name!r} is {weight!r}; it must be a number."
            )
        choice = Choice(name, settings)
        choice.check(SCORES, "reward")
        rewards.append((choice, float(weight)))
    return tuple(rewards)


def _filter(table: Any) -> Choice:
    if not isinstance(table, dict) or "name" not in table:
        raise SpecError(f"A filter is {table!r}; it needs a name, one of: {', '.join(FILTERS)}.")
    choice = Choice(table["name"], {key: value for key, value in table.items() if key != "name"})
    choice.check(FILTERS, "filter")
    return choice


def _curriculum(table: Any) -> Curriculum:
    numbers = ("rounds", "first_epochs", "epochs")
    if not isinstance(table, dict) or not {"keep", "rounds"} <= table.keys():
        raise SpecError(f"curriculum is {table!r}; it needs keep (a filter) and rounds.")
    for key, value in table.items():
        _check_key(key, ["keep", *numbers], "curriculum key")
        if key in numbers and not (type(value) is int and value > 0):
            raise SpecError(f"curriculum.{key} is {value!r}; it must be a whole number above 0.")
    counts = {key: value for key, value in table.items() if key in numbers}
    return Curriculum(_filter(table["keep"]), **counts)


def _check_trainer(table: Any) -> None:
    if not isinstance(table, dict):
        raise SpecError(f"trainer is {table!r}; it holds fields of TRL's GRPOConfig.")
    try:
        from trl.trainer.grpo_config import GRPOConfig
    except ModuleNotFoundError as error:
        raise MissingDependency(
            "TRL is not installed. Install it with `pip install 'whenwhat[train]'`."
        ) from error
    known = {one.name: one.default for one in fields(GRPOConfig)}
    for key, value in table.items():
        if key in ELSEWHERE:
            raise SpecError(f"trainer.{key} has no place in a recipe: {ELSEWHERE[key]}.")
        _check_key(key, list(known), "field of TRL's GRPOConfig")
        default = known[key]
        if isinstance(default, bool) and not isinstance(value, bool):
            raise SpecError(f"trainer.{key} is {value!r}; it must be true or false.")
        if _is_number(default) and not _is_number(value):
            raise SpecError(f"trainer.{key} is {value!r}; it must be a number such as {default}.")


def _check_key(key: Any, known: Sequence[str], what: str) -> None:
    if key not in known:
        near = get_close_matches(str(key), known, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(known)}."
        raise SpecError(f"{key!r} is no {what}. {hint}")


def _text(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key) or ""
    if not isinstance(value, str):
        raise SpecError(f"{key} is {value!r}; it must be text.")
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


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
        raise MissingDependency(
            "PyYAML is not installed. Install it with `pip install 'whenwhat[train]'`."
        ) from error

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
