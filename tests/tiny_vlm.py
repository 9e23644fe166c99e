"""Tiny random models of the true architectures, saved in the layout of released weights.

Two layers of width 128, heads of 32 (vLLM's CPU kernels take no smaller ones), a byte-level tokenizer with the
real control tokens, and a chat template that renders pictures and video as the released ones do.
"""

from pathlib import Path
from typing import Any

from training.nano.chat import CHAT_TEMPLATE, CONTROL_TOKENS, control_ids

TEXT = {
    "hidden_size": 128,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 32_768,
}
VISION = {
    "depth": 2,
    "hidden_size": 64,
    "intermediate_size": 64,
    "num_heads": 2,
    "out_hidden_size": 128,
}
ROPE = {"rope_type": "default", "rope_theta": 10_000.0, "mrope_section": [4, 6, 6]}


def save_tiny(architecture: str, folder: Path) -> Path:
    """Save a tiny `qwen2_vl`, `qwen2_5_vl` or `qwen3_vl` into `folder` and return it; same weights every time."""
    import torch

    tokenizer = _tokenizer()
    ids = control_ids(tokenizer)
    ends = {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    text = {
        **TEXT,
        **ends,
        "bos_token_id": tokenizer.pad_token_id,
        "vocab_size": len(tokenizer),
        "rope_parameters": dict(ROPE),
    }
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = _model(architecture, text, ids)
        for weights in (weights for weights in model.parameters() if weights.ndim > 1):
            weights.data.normal_(
                std=0.1
            )  # the usual 0.02 leaves pictures without any say in so small a model
    model.generation_config.update(**ends)
    model.save_pretrained(folder)
    _processor(architecture, tokenizer).save_pretrained(folder)
    return folder


def _model(architecture: str, text: dict[str, Any], ids: dict[str, int]) -> Any:
    import transformers

    common = {"tie_word_embeddings": True, **ids}
    if architecture == "qwen3_vl":
        text["head_dim"] = 32
        text["rope_parameters"]["mrope_interleaved"] = True
        vision = {
            **VISION,
            "patch_size": 16,
            "num_position_embeddings": 64,
            "deepstack_visual_indexes": [0],
        }
        config = transformers.Qwen3VLConfig(text_config=text, vision_config=vision, **common)
        return transformers.Qwen3VLForConditionalGeneration(config)
    if architecture == "qwen2_5_vl":
        vision = {**VISION, "fullatt_block_indexes": [1], "window_size": 112, "patch_size": 14}
        config = transformers.Qwen2_5_VLConfig(text_config=text, vision_config=vision, **common)
        return transformers.Qwen2_5_VLForConditionalGeneration(config)
    vision = {
        "depth": 2,
        "embed_dim": 64,
        "hidden_size": 128,
        "num_heads": 2,
        "mlp_ratio": 1,
        "patch_size": 14,
    }
    config = transformers.Qwen2VLConfig(text_config=text, vision_config=vision, **common)
    return transformers.Qwen2VLForConditionalGeneration(config)


def _processor(architecture: str, tokenizer: Any) -> Any:
    import transformers

    common = {"tokenizer": tokenizer, "chat_template": CHAT_TEMPLATE}
    if architecture == "qwen3_vl":
        return transformers.Qwen3VLProcessor(
            image_processor=transformers.Qwen2VLImageProcessor(patch_size=16),
            video_processor=transformers.Qwen3VLVideoProcessor(),
            **common,
        )
    kind = (
        transformers.Qwen2_5_VLProcessor
        if architecture == "qwen2_5_vl"
        else transformers.Qwen2VLProcessor
    )
    return kind(
        image_processor=transformers.Qwen2VLImageProcessor(),
        video_processor=transformers.Qwen2VLVideoProcessor(),
        **common,
    )


def _tokenizer() -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: number for number, token in enumerate([*CONTROL_TOKENS, *letters])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=list(CONTROL_TOKENS[1:]),
    )
