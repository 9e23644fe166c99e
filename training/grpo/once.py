"""The vision tower runs once per distinct video of a batch, though every reply to it is scored."""

import functools
import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from torch import nn

from training.grpo.shown import PIXELS, Shown, distinct_media, sharing

ENCODERS = {"pixel_values_videos": "get_video_features", "pixel_values": "get_image_features"}
GRIDS = {"pixel_values_videos": "video_grid_thw", "pixel_values": "image_grid_thw"}


def seeing_part(model: nn.Module) -> Any:
    """Return the part of a Qwen-VL model that owns the vision tower, however the model is wrapped."""
    return next(part for part in model.modules() if "visual" in dict(part.named_children()))


@contextmanager
def once_per_video(model: nn.Module, batch: Sequence[Shown]) -> Iterator[None]:
    """Let `model` take each pixels of `batch` once (`joined_media` with `once`), with the grids of all.

    Inside, its encoder sees each clip or picture once, whatever is asked about it and however many replies there
    are; its features stand for every copy, and gradients of the copies add up there, as they would in the weights.
    """
    if not sharing(batch):
        yield
        return
    kind = next(iter(PIXELS & batch[0].media.keys()))
    part, name, grids = seeing_part(model), ENCODERS[kind], GRIDS[kind]
    encode = getattr(part, name)
    slots = _slots(batch, grids)
    firsts = [slots.index(slot) for slot in range(max(slots) + 1)]

    @functools.wraps(encode)  # `generate` reads the names of its arguments
    def encode_once(*given: Any, **named: Any) -> Any:
        call = inspect.signature(encode).bind(*given, **named)
        call.arguments[grids] = call.arguments[grids][firsts]
        features = encode(*call.args, **call.kwargs)
        features.pooler_output = [features.pooler_output[slot] for slot in slots]
        if "deepstack_features" in features:
            layers = features.deepstack_features
            features.deepstack_features = [[layer[slot] for slot in slots] for layer in layers]
        return features

    setattr(part, name, encode_once)
    try:
        yield
    finally:
        delattr(part, name)  # what is left is the method of the class


def _slots(batch: Sequence[Shown], grids: str) -> list[int]:
    """Return, for each clip of a batch, its place among those that are seen."""
    starts: dict[int, int] = {}
    total = 0
    for shown in distinct_media(batch):
        starts[id(shown.media)] = total
        total += len(shown.media[grids])
    return [
        starts[id(one.media)] + number for one in batch for number in range(len(one.media[grids]))
    ]
