"""Vision attention over all frames of one length in one call, where transformers makes a call per frame.

Qwen's towers attend within a frame (Qwen3-VL) or a window (Qwen2.5-VL). Without flash-attention transformers loops
over them in every layer, which on a CPU costs more than the attention itself.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AttentionInterface

ATTENTION = "flash_frames_of_one_length"
"""The name under which transformers knows it; one with "flash" in it is handed all frames and their ends at once."""


def attend_to_frames_at_once(model: Any) -> None:
    """Let the vision tower of a Qwen-VL model, if it runs on torch's attention, take frames of one length together.

    Args:
        model: the part of the model that owns `visual`; its language model keeps its own attention.
    """
    if model.visual.config._attn_implementation == "sdpa":
        AttentionInterface.register(ATTENTION, frame_attention)
        model.set_attn_implementation({"vision_config": ATTENTION})


def frame_attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: None,
    *,
    cu_seq_lens_q: Tensor,
    scaling: float,
    dropout: float = 0.0,
    **settings: Any,
) -> tuple[Tensor, None]:
    """Attend within each frame, all frames of one length in one call.

    Args:
        module: the attention layer.
        query: (1, heads, patches, width), the frames one after another.
        key: like `query`.
        value: like `query`.
        attention_mask: none; a frame sees itself.
        cu_seq_lens_q: (frames + 1,) where each frame starts, and the last one ends.
        scaling: of the products.
        dropout: of the weights.
        settings: others of transformers' attention functions; those of flash-attention say the same again.

    Returns:
        (1, patches, heads, width), and no weights.
    """
    lengths = cu_seq_lens_q.diff().tolist()
    parts = [torch.split(tensor, lengths, 2) for tensor in (query, key, value)]
    seen: dict[int, Tensor] = {}
    for length in set(lengths):
        places = [place for place, other in enumerate(lengths) if other == length]
        asked, keys, values = (torch.cat([part[place] for place in places]) for part in parts)
        attended = functional.scaled_dot_product_attention(
            asked, keys, values, dropout_p=dropout, scale=scaling
        )
        seen |= zip(places, torch.split(attended, 1), strict=True)
    return torch.cat([seen[place] for place in range(len(lengths))], 2).transpose(1, 2), None
