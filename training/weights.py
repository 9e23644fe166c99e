"""Weights of a run: read, quantised, frozen, adapted; what this machine cannot do is found before they are read."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import torch
from peft import LoraConfig
from transformers import (
    AutoModelForImageTextToText,
    AutoProcessor,
    BitsAndBytesConfig,
)
from transformers.integrations.deepspeed import is_deepspeed_zero3_enabled
from transformers.integrations.integration_utils import get_available_reporting_integrations
from trl.trainer.grpo_config import GRPOConfig
from trl.trainer.sft_config import SFTConfig

from grounder.adapters import Adapter
from grounder.errors import MissingDependency, SpecError
from grounder.vlm.families import Family, check_fit, family_of
from grounder.vlm.source import read_config, unreadable


class Recipe(Protocol):
    """What a recipe says of its weights, whatever they are trained by."""

    @property
    def name(self) -> str:
        """Of the recipe."""

    @property
    def model(self) -> str:
        """Folder or hub id."""

    @property
    def lora(self) -> Mapping[str, Any] | None:
        """Fields of `peft.LoraConfig`; None: the weights themselves are trained."""

    @property
    def quantize(self) -> str:
        """`nf4`, or empty."""

    @property
    def frozen(self) -> tuple[str, ...]:
        """Parts that are not trained."""


def check_machine(
    recipe: Recipe, config: GRPOConfig | SFTConfig, *, in_rounds: bool = False
) -> None:
    """See that this machine can do what a recipe asks for; `in_rounds`: it has a curriculum.

    Raises:
        SpecError: 4-bit weights without LoRA, or a curriculum under ZeRO-3.
        MissingDependency: what reports go to, or what holds weights in 4 bits, is not installed.
    """
    if recipe.quantize:
        _check_quantize(recipe)
    wanted: Any = config.report_to
    ready = get_available_reporting_integrations()  # type: ignore[no-untyped-call] # transformers is typed in part
    if missing := [name for name in wanted if name not in ready]:
        raise MissingDependency(
            f"trainer.report_to names {', '.join(missing)}, of which nothing is installed here "
            f"(ready: {', '.join(ready) or 'none'}). Install it with `pip install {missing[0]}`, or set it to none."
        )
    plugin = config.deepspeed_plugin
    if in_rounds and plugin is not None and plugin.zero_stage == 3:
        raise SpecError(
            f"{recipe.name} has a curriculum, and ZeRO-3 parts the weights that rows are scored with between rounds. "
            "Launch with ZeRO-2 or FSDP, or leave the curriculum out."
        )


def read_family(recipe: Recipe, adapter: Adapter) -> Family:
    """Return the family of the recipe's model, from its configuration alone.

    Raises:
        ModelError: it cannot be read, or is of no family that can be trained here.
        SpecError: the adapter does not fit it.
    """
    config = read_config(recipe.model)
    family = family_of(config.model_type, recipe.model)
    check_fit(adapter, family)
    return family


def check_frozen(recipe: Recipe) -> None:
    """See, on the model's skeleton, that it has the parts that are to be frozen.

    Not under ZeRO-3, which would part the skeleton among processes: there `read_weights` finds it.

    Raises:
        SpecError: it lacks one.
    """
    if not recipe.frozen or is_deepspeed_zero3_enabled():  # type: ignore[no-untyped-call] # transformers is typed in part
        return
    config = read_config(recipe.model)
    with torch.device("meta"):
        model = AutoModelForImageTextToText.from_config(config)  # type: ignore[no-untyped-call] # transformers is typed in part
    for part in recipe.frozen:
        freeze(model, part)


def read_weights(
    recipe: Recipe,
    config: GRPOConfig | SFTConfig,
    place: Path | None = None,
    *,
    rope_theta: float | None = None,
) -> tuple[Any, Any]:
    """Return model and processor, with what the recipe freezes frozen.

    Args:
        recipe: which model, held how.
        config: TRL's settings; `model_init_kwargs` go to `from_pretrained`.
        place: where the weights are, when not where the recipe starts from: those of an earlier round.
        rope_theta: base of the rotary positions; None: the one they were saved with.

    Raises:
        ModelError: they cannot be read.
        SpecError: the model has no part that is to be frozen.
    """
    source = str(place or recipe.model)
    given: Any = config.model_init_kwargs or {}
    settings = {"dtype": "float32"} | _quantized(recipe) | given
    try:
        if rope_theta is not None:
            settings["config"] = _turning(read_config(source), rope_theta)
        processor = AutoProcessor.from_pretrained(source)  # type: ignore[no-untyped-call] # transformers is typed in part
        model = AutoModelForImageTextToText.from_pretrained(source, **settings)
    except (OSError, ValueError) as error:
        raise unreadable(source, error) from error
    if recipe.quantize:
        _keep_differentiable(model)
    # TRL loads the reference from there: KL is measured from the same weights in every round.
    model.config._name_or_path = recipe.model
    for part in recipe.frozen:
        freeze(model, part)
    return model, processor


def _turning(config: Any, rope_theta: float) -> Any:
    """Return a configuration whose rotary positions have another base."""
    config.get_text_config().rope_parameters["rope_theta"] = rope_theta
    return config


def freeze(model: Any, part: str) -> None:
    """Stop training a part of a model, named by some of its path, such as `visual.blocks`.

    Raises:
        SpecError: the model has no such part.
    """
    found = [weights for name, weights in model.named_parameters() if f".{part}." in f".{name}"]
    if not found:
        tops = sorted({name.rsplit(".", 2)[0] for name, _ in model.named_parameters()})
        raise SpecError(
            f"The model has no part {part!r} to freeze. It has: {', '.join(tops[:20])}, …."
        )
    for weights in found:
        weights.requires_grad_(False)


def lora_of(recipe: Recipe) -> LoraConfig | None:
    """Return peft's settings.

    Raises:
        SpecError: peft has no such field, or does not take its value.
    """
    if recipe.lora is None:
        return None
    try:
        return LoraConfig(**recipe.lora)
    except (TypeError, ValueError) as error:
        raise SpecError(f"lora of {recipe.name} cannot be used: {error}") from error


def _check_quantize(recipe: Recipe) -> None:
    if recipe.lora is None:
        raise SpecError(
            f"{recipe.name} sets quantize, and weights of 4 bits cannot be trained. "
            "Give it lora, too (r, target_modules), or leave quantize out."
        )
    if find_spec("bitsandbytes") is None:
        raise MissingDependency(
            "quantize: nf4 needs bitsandbytes, which is not installed. Install it with `pip install 'whenwhat[qlora]'`, "
            "or leave quantize out."
        )


def _keep_differentiable(model: Any) -> None:
    """Keep 4-bit layers from packing their weights for inference on CPUs that know bfloat16.

    bitsandbytes does so at the first pass in `eval` mode, be it a rollout, and what is packed hands no gradient on.
    """
    from bitsandbytes.nn.modules import Linear4bit

    for module in model.modules():
        if isinstance(module, Linear4bit):
            module.support_avx512bf16_for_cpu = False


def _quantized(recipe: Recipe) -> dict[str, Any]:
    if not recipe.quantize:
        return {}
    held = BitsAndBytesConfig(  # type: ignore[no-untyped-call] # transformers is typed in part
        load_in_4bit=True,
        bnb_4bit_quant_type=recipe.quantize,
        bnb_4bit_compute_dtype="bfloat16",
        bnb_4bit_use_double_quant=True,
    )
    return {"dtype": "bfloat16", "quantization_config": held}
