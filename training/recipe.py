"""Recipe: one GRPO run as a YAML file: our few fields, and TRL's own under `trainer`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from grounder.adapters import load_adapter
from grounder.errors import SpecError
from training.choice import Choice
from training.curriculum import Curriculum
from training.difficulty import filter_of
from training.longer import Longer, longer_of
from training.recipe_file import check_trainer, read_as, without_train
from training.rewards.table import check_reward
from training.token_kl import KlMask
from training.values import (
    check_key,
    is_number,
    text_of,
    truth_of,
    windows_of,
    word_of,
    words_of,
)
from training.windows import Windows

if TYPE_CHECKING:
    from trl.trainer.grpo_config import GRPOConfig

QUANTIZED = ("nf4",)
SCORINGS = ("shared", "plain")
QUESTIONS = ("given-span", "uniform")
"""Their evidence, or the whole video; rows of `verify` always show their stretch."""
ELSEWHERE = {
    "output_dir": "it is named on the command line",
    "reward_weights": "write the weights under rewards",
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
    strict: bool = False
    """A reply in another form than the taught one, or with its ends the wrong way round, names no moment."""
    data: str = ""
    """JSONL rows to train on (grounder.sample)."""
    validation: str = ""
    """JSONL rows to evaluate on; empty: none."""
    windows: Windows | None = None
    """How rows of videos longer than a window are shown; None: every video is shown whole."""
    longer: Longer = "refuse"
    """What becomes of what is longer than the adapter shows at its full frame rate."""
    questions: str = ""
    """What `qa` rows are answered from, one of `QUESTIONS`; empty: only rows of `ground` are trained on."""
    beta_time: float | None = None
    """KL weight of time tokens; None: `trainer.beta`, as for any other."""
    kl_mask: KlMask = "vocab+span"
    """Which tokens those are."""
    scoring: Literal["shared", "plain"] = "shared"
    """`shared`: a prompt is run once for all replies to it; `plain`: once for each. The numbers are the same."""
    keep: Choice | None = None
    """Which rows are trained on; one of `training.difficulty.FILTERS`."""
    curriculum: Curriculum | None = None
    """Rounds that follow the first, each on rows chosen anew."""
    lora: Mapping[str, Any] | None = None
    """Fields of `peft.LoraConfig`; None: the weights themselves are trained."""
    quantize: str = ""
    """`nf4`: QLoRA, the frozen weights held in 4 bits; empty: as they are."""
    frozen: tuple[str, ...] = ()
    """Parts of the model that are not trained, such as `visual.blocks`."""
    trainer: Mapping[str, Any] = field(default_factory=dict)
    """Fields of TRL's GRPOConfig."""


def read_recipe(name: str, changes: Sequence[str] = ()) -> Recipe:
    """Read a recipe for grpo, as `training.recipe_file.read_as` does."""
    return read_as(_recipe, name, changes, method="grpo")


def grpo_config(recipe: Recipe, output: Path) -> "GRPOConfig":
    """Return TRL's settings for a run that writes to `output`.

    Raises:
        SpecError: TRL finds that they do not fit together or this machine.
    """
    weights = [weight for _, weight in recipe.rewards]
    try:
        return _settings()(output_dir=str(output), reward_weights=weights, **recipe.trainer)
    except (TypeError, ValueError) as error:
        raise SpecError(f"The trainer settings of {recipe.name} cannot be used: {error}") from error


def _settings() -> "type[GRPOConfig]":
    try:
        from trl.trainer.grpo_config import GRPOConfig
    except ModuleNotFoundError as error:
        raise without_train() from error
    return GRPOConfig


def _recipe(name: str, table: dict[str, Any]) -> Recipe:
    known = [one.name for one in fields(Recipe) if one.name != "name"]
    for key in table:
        check_key(key, known, "recipe key")
    if missing := [key for key in ("source", "model", "adapter", "rewards") if not table.get(key)]:
        raise SpecError(f"{', '.join(missing)} must be given.")
    load_adapter(text_of(table, "adapter"))
    trainer = table.get("trainer") or {}
    check_trainer(trainer, _settings(), elsewhere=ELSEWHERE)
    if table.get("kl_mask", "vocab") not in get_args(KlMask):
        raise SpecError(
            f"kl_mask is {table['kl_mask']!r}; choose from: {', '.join(get_args(KlMask))}."
        )
    beta_time = table.get("beta_time")
    _check_weight(beta_time, "beta_time")
    _check_weight(trainer.get("beta"), "trainer.beta")
    return Recipe(
        name=name,
        source=text_of(table, "source"),
        model=text_of(table, "model"),
        adapter=text_of(table, "adapter"),
        rewards=_rewards(table["rewards"]),
        strict=truth_of(table, "strict"),
        data=text_of(table, "data"),
        validation=text_of(table, "validation"),
        beta_time=beta_time,
        kl_mask=table.get("kl_mask", "vocab+span"),
        scoring="plain" if word_of(table, "scoring", SCORINGS) == "plain" else "shared",
        keep=filter_of(table["keep"]) if table.get("keep") else None,
        curriculum=_curriculum(table["curriculum"]) if table.get("curriculum") else None,
        windows=windows_of(table.get("windows")),
        longer=longer_of(table),
        questions=word_of(table, "questions", QUESTIONS),
        lora=table.get("lora"),
        quantize=word_of(table, "quantize", QUANTIZED),
        frozen=words_of(table, "frozen", "visual.blocks"),
        trainer=trainer,
    )


def _check_weight(value: Any, key: str) -> None:
    """Refuse a weight of KL below 0, which would reward leaving the reference."""
    if value is not None and not (is_number(value) and value >= 0):
        raise SpecError(f"{key} is {value!r}; it must be a number of 0 or more, or left out.")


def _rewards(table: Any) -> tuple[tuple[Choice, float], ...]:
    """Read `name: weight` and `name: {weight: …, setting: …}`."""
    if not isinstance(table, dict):
        raise SpecError(f"rewards is {table!r}; write `name: weight` for each.")
    rewards = []
    for name, value in table.items():
        settings = dict(value) if isinstance(value, dict) else {"weight": value}
        weight = settings.pop("weight", None)
        if not is_number(weight):
            raise SpecError(
                f"The weight of the reward {name!r} is {weight!r}; it must be a number."
            )
        choice = Choice(name, settings)
        check_reward(choice)
        rewards.append((choice, float(weight)))
    return tuple(rewards)


def _curriculum(table: Any) -> Curriculum:
    numbers = ("rounds", "first_epochs", "epochs")
    if not isinstance(table, dict) or not {"keep", "rounds"} <= table.keys():
        raise SpecError(f"curriculum is {table!r}; it needs keep (a filter) and rounds.")
    for key, value in table.items():
        check_key(key, ["keep", *numbers], "curriculum key")
        if key in numbers and not (type(value) is int and value > 0):
            raise SpecError(f"curriculum.{key} is {value!r}; it must be a whole number above 0.")
    counts = {key: value for key, value in table.items() if key in numbers}
    return Curriculum(filter_of(table["keep"]), **counts)
