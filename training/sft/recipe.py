"""SftRecipe: one SFT run as a YAML file: our few fields, and TRL's own under `trainer`."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grounder.adapters import load_adapter
from grounder.errors import SpecError
from training.choice import Choice
from training.difficulty import filter_of
from training.longer import Longer, longer_of
from training.recipe_file import check_trainer, read_as, without_train
from training.sft.data import Data, data_of
from training.sft.lessons import SERVED, SUBJECTS, TARGETS, Pictures, Subject, Targets
from training.sft.rendered import Rendered
from training.values import check_key, is_number, text_of, truth_of, word_of, words_of

if TYPE_CHECKING:
    from trl.trainer.sft_config import SFTConfig

COLLATED = "lessons are made and padded here, whole: the adapter's budget bounds them"
ELSEWHERE = {
    "output_dir": "it is named on the command line",
    "remove_unused_columns": COLLATED,
    "dataset_kwargs": COLLATED,
    "dataset_num_proc": COLLATED,
    "dataset_text_field": COLLATED,
    "max_length": COLLATED,
    "truncation_mode": COLLATED,
    "packing": COLLATED,
    "packing_strategy": COLLATED,
    "eval_packing": COLLATED,
    "padding_free": COLLATED,
    "pad_to_multiple_of": COLLATED,
    "pad_token": "it is the processor's",
    "eos_token": "it is the processor's",
    "chat_template_path": "it is the processor's, as when the model serves",
    "completion_only_loss": "the loss is on replies alone",
    "assistant_only_loss": "the loss is on replies alone",
    "label_smoothing_factor": "it needs the logits of whole prompts, and those of replies alone are computed",
    "prediction_loss_only": "mIoU is measured by replies, not by logits",
}
DEFAULT_SUBJECTS: tuple[Subject, ...] = ("ground", "caption", "verify", "qa")
QUANTIZED = ("nf4",)


@dataclass(frozen=True, slots=True)
class SftRecipe:
    """How one model is trained on labelled rows."""

    name: str
    """Of the file, without `.yaml`."""
    source: str
    """What it reproduces, and where that was read."""
    model: str
    """Folder or hub id of the weights to start from."""
    adapter: str
    """How the model is asked; holds the frame and pixel budget, too."""
    data: Data = ""
    """JSONL rows to train on (grounder.sample), or worlds that are rendered."""
    validation: Data = ""
    """The same to evaluate on; empty: none."""
    keep: Choice | None = None
    """Which rows of the file `data` are taught; one of `training.difficulty.FILTERS`."""
    tasks: tuple[Subject, ...] = DEFAULT_SUBJECTS
    """What is taught of the rows."""
    targets: Targets = "plain"
    """Replies to `ground` rows: the answer, or a thought before it."""
    longer: Longer = "refuse"
    """What becomes of videos of `ground` rows that are longer than the adapter shows at its full frame rate."""
    packed: bool = False
    """Lessons about one clip that meet in a batch become one row: the clip is run once for all of them."""
    stretch: int = 0
    """How far at most positions are pushed on, as if clips were longer (`training.sft.stretching`)."""
    pictures: Pictures = SERVED
    """How many of them lessons that are not about a whole video show."""
    rope_theta: float | None = None
    """Base of the rotary positions from now on; None: as the model has it. A higher one lets more of each attention
    head ignore how far away a token stands (Rozière et al. 2023, Code Llama, arXiv 2308.12950, section 2.3)."""
    scored: int = 32
    """How many rows of `validation` are grounded at each evaluation, for mIoU."""
    lora: Mapping[str, Any] | None = None
    """Fields of `peft.LoraConfig`; None: the weights themselves are trained."""
    quantize: str = ""
    """`nf4`: QLoRA, the frozen weights held in 4 bits; empty: as they are."""
    frozen: tuple[str, ...] = ()
    """Parts of the model that are not trained, such as `visual.blocks`."""
    trainer: Mapping[str, Any] = field(default_factory=dict)
    """Fields of TRL's SFTConfig."""


def read_recipe(name: str, changes: Sequence[str] = ()) -> SftRecipe:
    """Read a recipe for sft, as `training.recipe_file.read_as` does."""
    return read_as(_recipe, name, changes, method="sft")


def sft_config(recipe: SftRecipe, output: Path) -> "SFTConfig":
    """Return TRL's settings for a run that writes to `output`; with `validation` each epoch is evaluated.

    Raises:
        SpecError: TRL finds that they do not fit together or this machine.
    """
    evaluated = {"eval_strategy": "epoch"} if recipe.validation else {}
    # Worlds come in the order of their numbers: those of one world together, longer ones later.
    order = {"train_sampling_strategy": "sequential"} if isinstance(recipe.data, Rendered) else {}
    ours = {
        **order,
        "remove_unused_columns": False,
        "dataset_kwargs": {"skip_prepare_dataset": True},
        "prediction_loss_only": True,
    }
    try:
        return _settings()(output_dir=str(output), **{**evaluated, **recipe.trainer, **ours})
    except (TypeError, ValueError) as error:
        raise SpecError(f"The trainer settings of {recipe.name} cannot be used: {error}") from error


def _settings() -> "type[SFTConfig]":
    try:
        from trl.trainer.sft_config import SFTConfig
    except ModuleNotFoundError as error:
        raise without_train() from error
    return SFTConfig


def _recipe(name: str, table: dict[str, Any]) -> SftRecipe:
    known = [one.name for one in fields(SftRecipe) if one.name != "name"]
    for key in table:
        check_key(key, known, "key of an sft recipe")
    if missing := [key for key in ("source", "model", "adapter") if not table.get(key)]:
        raise SpecError(f"{', '.join(missing)} must be given.")
    adapter = load_adapter(text_of(table, "adapter"))
    if not adapter.video_first and truth_of(table, "packed"):
        raise SpecError(
            f"packed: the adapter {adapter.name!r} asks before it shows the video, so that nothing is shared. "
            "Leave it out, or use an adapter with video_first."
        )
    trainer = table.get("trainer") or {}
    check_trainer(trainer, _settings(), elsewhere=ELSEWHERE)
    stretch = table.get("stretch", 0)
    if not (type(stretch) is int and stretch >= 0):
        raise SpecError(f"stretch is {stretch!r}; it must be a whole number, 0 or more.")
    theta = table.get("rope_theta")
    if theta is not None and not (is_number(theta) and theta > 1):
        raise SpecError(f"rope_theta is {theta!r}; it must be a number above 1, such as 5000000.")
    if table.get("keep") and not isinstance(table.get("data") or "", str):
        raise SpecError("keep chooses rows of a file, and data is a world. Leave keep out.")
    subjects = _subjects(words_of(table, "tasks", "ground") or DEFAULT_SUBJECTS)
    scored = table.get("scored", 32)
    if not (type(scored) is int and scored >= 0):
        raise SpecError(f"scored is {scored!r}; it must be a whole number, 0 or more.")
    return SftRecipe(
        name=name,
        source=text_of(table, "source"),
        model=text_of(table, "model"),
        adapter=text_of(table, "adapter"),
        data=data_of(table, "data", subjects),
        validation=data_of(table, "validation", subjects),
        keep=filter_of(table["keep"]) if table.get("keep") else None,
        tasks=subjects,
        targets=_targets(table),
        longer=longer_of(table),
        packed=truth_of(table, "packed"),
        stretch=stretch,
        rope_theta=theta,
        pictures=_pictures(table.get("pictures") or {}),
        scored=scored,
        lora=table.get("lora"),
        quantize=word_of(table, "quantize", QUANTIZED),
        frozen=words_of(table, "frozen", "visual.blocks"),
        trainer=trainer,
    )


def _targets(table: Mapping[str, Any]) -> Targets:
    word = word_of(table, "targets", TARGETS)
    return next((known for known in TARGETS if known == word), "plain")


def _pictures(table: Any) -> Pictures:
    known = [one.name for one in fields(Pictures)]
    if not isinstance(table, dict):
        raise SpecError(f"pictures is {table!r}; write how many: {{answer: 8}}.")
    for key, value in table.items():
        check_key(key, known, "key of pictures")
        if key == "spacing":
            if not (type(value) in (int, float) and 0 <= value < math.inf):
                raise SpecError(f"pictures.spacing is {value!r}; it must be seconds, 0 or more.")
        elif not (type(value) is int and value > 0):
            raise SpecError(f"pictures.{key} is {value!r}; it must be a whole number above 0.")
    return Pictures(**table)


def _subjects(words: Sequence[str]) -> tuple[Subject, ...]:
    if unknown := [word for word in words if word not in SUBJECTS]:
        raise SpecError(f"tasks has {unknown[0]!r}; choose from: {', '.join(SUBJECTS)}.")
    return tuple(subject for subject in SUBJECTS if subject in words)
