"""How much memory a training step takes, estimated without the weights.

Weights, gradients and optimiser are counted on the model's skeleton, so they are exact but for what allocators
add. Activations are a rule of thumb: each linear layer keeps one number for each of its inputs and outputs per
token, and with gradient checkpointing only the inputs of blocks and the inside of one block are kept. Attention
is taken to be the kind that keeps no matrix of scores. Expect it to be off by half.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from torch import nn
from transformers import AutoModelForImageTextToText, TrainingArguments

from grounder.vlm.source import read_config
from training.weights import Recipe, freeze

BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}
FOUR_BITS = (
    0.52  # bytes a weight: 4 bits, and its block's scale (QLoRA, arXiv 2305.14314, section 3)
)
HALF = 2


@dataclass(frozen=True, slots=True)
class Tokens:
    """What one pass of one device holds at once."""

    text: int
    """Tokens of all its sequences, visual ones included; a prompt that is shared counts once."""
    visual: int
    """Visual tokens among them."""
    cached: int = 0
    """Tokens whose keys and values are kept while replies are sampled."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes on one device, nothing parted among several."""

    weights: int
    copies: int
    """Half-precision copies that mixed precision makes of weights."""
    reference: int
    """Weights that KL is measured from."""
    gradients: int
    optimiser: int
    """Two moments of AdamW for each number that is trained."""
    activations: int
    cache: int
    """Keys and values of replies while they are sampled."""

    @property
    def total(self) -> int:
        """The sum; sampling and scoring come one after the other, so the larger of both counts."""
        held = self.weights + self.reference + self.gradients + self.optimiser
        return held + max(self.copies + self.activations, self.cache)

    def gibibytes(self) -> dict[str, float]:
        """Return every part and the total in GiB."""
        return {
            name: value / 2**30 for name, value in (asdict(self) | {"total": self.total}).items()
        }


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A model without weights, as far as memory goes; numbers are counts, not bytes."""

    fixed: int
    """Weights that are not trained."""
    trained: int
    linear: int
    """Weights of linear layers, which 4 bits can hold."""
    text_token: float
    """Activations of one token."""
    patch: float
    """Activations of one patch of a picture."""
    patches: int
    """Patches of one visual token."""
    cached_token: int

    @classmethod
    def of(cls, recipe: Recipe, lora: LoraConfig | None, *, checkpointing: bool) -> "Skeleton":
        """Build the model of a recipe without reading weights.

        Raises:
            SpecError: the model has no part that the recipe freezes.
        """
        config = read_config(recipe.model)
        with torch.device("meta"):
            model: Any = AutoModelForImageTextToText.from_config(config)  # type: ignore[no-untyped-call] # transformers is typed in part
            for part in recipe.frozen:
                freeze(model, part)
            tower, words = model.model.visual, model.model.language_model
            text_token = _kept(words, words.layers, checkpointing)
            patch = _kept(tower, tower.blocks, checkpointing)
            linear = sum(part.weight.numel() for part in _linears(model.model).values())
            cached = sum(
                part.out_features
                for name, part in _linears(words).items()
                if name.endswith(("k_proj", "v_proj"))
            )
            if lora is not None:
                model = get_peft_model(model, lora)
        sizes = [(part.numel(), part.requires_grad) for part in model.parameters()]
        return cls(
            fixed=sum(size for size, trained in sizes if not trained),
            trained=sum(size for size, trained in sizes if trained),
            linear=linear,
            text_token=text_token,
            patch=patch,
            patches=config.vision_config.spatial_merge_size**2,
            cached_token=cached,
        )


def estimate(
    skeleton: Skeleton,
    recipe: Recipe,
    args: TrainingArguments,
    tokens: Tokens,
    *,
    settings: Mapping[str, Any],
    reference: bool,
) -> Memory:
    """Estimate the memory of a step.

    Args:
        skeleton: the model.
        recipe: how its weights are held.
        args: precision and checkpointing.
        tokens: what a pass holds.
        settings: of `from_pretrained`; `dtype` counts.
        reference: whether a second copy of the weights is kept.
    """
    size = BYTES.get(str(settings.get("dtype", "float32")), BYTES["float32"])
    half = bool(args.bf16 or args.fp16)
    computed = HALF if half or recipe.quantize else size
    weights = (skeleton.fixed + skeleton.trained) * size
    if recipe.quantize:
        others = skeleton.fixed - skeleton.linear
        weights = round(skeleton.linear * FOUR_BITS) + (others + skeleton.trained) * HALF
    # peft keeps what it adds in float32, and TRL in bfloat16 beside 4 bits.
    trained = HALF if recipe.quantize else BYTES["float32"] if recipe.lora else size
    numbers = tokens.text * skeleton.text_token
    numbers += tokens.visual * skeleton.patches * skeleton.patch
    return Memory(
        weights=weights,
        copies=(skeleton.fixed + skeleton.trained) * HALF
        if half and size > HALF and not recipe.quantize
        else 0,
        reference=weights if reference else 0,
        gradients=skeleton.trained * trained,
        optimiser=2 * skeleton.trained * trained,
        activations=round(numbers * computed),
        cache=tokens.cached * skeleton.cached_token * computed,
    )


def _linears(part: nn.Module) -> dict[str, nn.Linear]:
    return {name: one for name, one in part.named_modules() if isinstance(one, nn.Linear)}


def _kept(part: nn.Module, blocks: nn.ModuleList, checkpointing: bool) -> float:
    """Return how many numbers of one token are kept for the way back."""
    numbers = sum(one.in_features + one.out_features for one in _linears(part).values())
    if not checkpointing:
        return numbers
    width = next(iter(_linears(blocks[0]).values())).in_features
    return len(blocks) * width + numbers / len(blocks)
