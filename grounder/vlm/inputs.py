"""From chats to what a Qwen-VL model is given: the one call of its processor, for serving and for training."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from transformers import BatchFeature

from grounder.vlm.chat import Chat

# Frames are sampled and sized before: the processor must not do it again by its own rules.
AS_THEY_ARE = {"do_sample_frames": False, "do_resize": False, "cap_pixels_per_frame": False}


def model_inputs(chats: Sequence[Chat], processor: Any) -> BatchFeature:
    """Return token ids, pixels and times of chats that await a reply, padded on the left, on the CPU."""
    template = processor.apply_chat_template
    texts = [template(chat.turns, tokenize=False, add_generation_prompt=True) for chat in chats]
    clips = [
        torch.from_numpy(np.moveaxis(clip, 3, 1).copy()) for chat in chats for clip in chat.clips
    ]
    pictures = [picture for chat in chats for picture in chat.pictures]
    shown: dict[str, Any] = {}
    if clips:
        shown["videos"] = clips
        metadata = [facts for chat in chats for facts in chat.facts]
        shown["videos_kwargs"] = {"video_metadata": metadata, **AS_THEY_ARE}
    if pictures:
        shown["images"] = pictures
        shown["images_kwargs"] = {"do_resize": False, "input_data_format": "channels_last"}
    words = {"padding": True, "padding_side": "left"}
    inputs: BatchFeature = processor(text=texts, text_kwargs=words, return_tensors="pt", **shown)
    return inputs
