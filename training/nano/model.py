"""The nano vision-language model: a Qwen3-VL of 2.4 million weights, with its processor.

One 32x32 picture pair is one visual token, so that a minute of video at one picture a second is 30 of them.
Sizes are the smallest that were seen to learn; everything else is as in the released models.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import (
    Qwen2VLImageProcessor,
    Qwen3VLConfig,
    Qwen3VLForConditionalGeneration,
    Qwen3VLProcessor,
    Qwen3VLVideoProcessor,
)

from training.nano.chat import CHAT_TEMPLATE, control_ids
from training.nano.words import NUMBERS

PATCH = 8
"""Pixels a side of what the vision tower takes as one patch."""
MERGE = 4
"""Patches a side of one visual token: 32 pixels, the unit of the Qwen3-VL family."""
SIDE = PATCH * MERGE


@dataclass(frozen=True, slots=True)
class Size:
    """How large the model is; heads are 32 wide (vLLM's CPU kernels take no smaller ones)."""

    width: int = 128
    layers: int = 4
    feed_forward: int = 384
    vision_width: int = 64
    vision_layers: int = 2


def new_model(tokenizer: Any, size: Size, *, seed: int) -> Qwen3VLForConditionalGeneration:
    """Return a model with random weights, the same for the same seed."""
    ids: dict[str, Any] = control_ids(tokenizer)
    ends = {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    text = {
        "vocab_size": len(tokenizer),
        "hidden_size": size.width,
        "intermediate_size": size.feed_forward,
        "num_hidden_layers": size.layers,
        "num_attention_heads": size.width // 32,
        "num_key_value_heads": size.width // 32,
        "head_dim": 32,
        "max_position_embeddings": 32_768,
        "initializer_range": 0.05,
        "bos_token_id": tokenizer.pad_token_id,
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": 10_000.0,
            "mrope_section": [6, 5, 5],
            "mrope_interleaved": True,
        },
        **ends,
    }
    vision = {
        "depth": size.vision_layers,
        "hidden_size": size.vision_width,
        "intermediate_size": 2 * size.vision_width,
        "num_heads": size.vision_width // 32,
        "out_hidden_size": size.width,
        "patch_size": PATCH,
        "spatial_merge_size": MERGE,
        "num_position_embeddings": MERGE**2,
        "deepstack_visual_indexes": [],
        "initializer_range": 0.05,
    }
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        config = Qwen3VLConfig(
            text_config=text, vision_config=vision, tie_word_embeddings=True, **ids
        )
        model = Qwen3VLForConditionalGeneration(config)  # type: ignore[no-untyped-call] # transformers is typed in part
        spell_numbers(model, tokenizer)
    model.generation_config.update(**ends)  # type: ignore[no-untyped-call] # transformers is typed in part
    return model


def spell_numbers(model: Any, tokenizer: Any) -> None:
    """Begin the vector of each number as the sum of those of its hundreds, its tens and its ones.

    What copies a number then has thirty directions to carry and not a thousand: an attention head has room for that.
    """
    rows = model.get_input_embeddings().weight.data
    spread = model.config.text_config.initializer_range / 3**0.5
    digits = torch.randn(3, 10, rows.shape[1]) * spread
    for number in range(NUMBERS):
        places = (number // 100, number // 10 % 10, number % 10)
        vector = sum(digits[place, digit] for place, digit in enumerate(places))
        rows[tokenizer.convert_tokens_to_ids(str(number))] = vector


def new_processor(tokenizer: Any) -> Qwen3VLProcessor:
    """Return the processor that goes with the model."""
    cuts = {"patch_size": PATCH, "merge_size": MERGE}
    return Qwen3VLProcessor(  # type: ignore[no-untyped-call] # transformers is typed in part
        image_processor=Qwen2VLImageProcessor(**cuts),
        video_processor=Qwen3VLVideoProcessor(**cuts),
        tokenizer=tokenizer,
        chat_template=CHAT_TEMPLATE,
    )


def save(model: Qwen3VLForConditionalGeneration, processor: Any, folder: Path) -> None:
    """Write weights (safetensors) and processor in the layout of released models."""
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
