"""From our prompts to what chat templates and processors take: one conversation, its clips, its pictures."""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grounder.vlm.families import Family, clip_facts
from grounder.vlm.vlm import Clip, Prompt, Text

Pixels = NDArray[np.uint8]


@dataclass(slots=True)
class Chat:
    """A prompt taken apart; clips and pictures stand in prompt order."""

    turns: list[dict[str, Any]] = field(default_factory=list)
    """Conversation for `apply_chat_template`; video and image parts are places only."""
    clips: list[Pixels] = field(default_factory=list)
    """Each (n, h, w, 3), sized for the model."""
    facts: list[dict[str, Any]] = field(default_factory=list)
    """Video metadata of each clip."""
    pictures: list[Pixels] = field(default_factory=list)
    """Each (h, w, 3), sized for the model."""

    @property
    def num_frames(self) -> int:
        """Pictures shown, those of clips included."""
        return len(self.pictures) + sum(len(clip) for clip in self.clips)


def chat_of(prompt: Prompt, family: Family) -> Chat:
    """Take a prompt apart for one family.

    Raises:
        ModelError: the family cannot express the times of a clip.
    """
    chat = Chat()
    for message in prompt:
        content: list[dict[str, str]] = []
        for part in message.parts:
            if isinstance(part, Text):
                content.append({"type": "text", "text": part.text})
                continue
            images = fit(part.frames.images, max_pixels=part.max_pixels, unit=family.pixel_unit)
            if isinstance(part, Clip):
                content.append({"type": "video"})
                chat.clips.append(images)
                chat.facts.append(clip_facts(family, part))
            else:
                content.append({"type": "image"})
                chat.pictures.append(images[0])
        chat.turns.append({"role": message.role, "content": content})
    return chat


def fit(images: Pixels, *, max_pixels: int, unit: int) -> Pixels:
    """Scale (n, h, w, 3) pictures so that both sides are multiples of `unit` and h x w <= `max_pixels`.

    Nothing is made larger than rounding asks for. Done here once, so that every backend shows the same pixels
    and no processor default (which cap by other rules, or not at all) decides what a prompt costs.
    """
    from PIL import Image

    height, width = _fitting_size(*images.shape[1:3], max_pixels=max_pixels, unit=unit)
    if (height, width) == images.shape[1:3]:
        return images
    resized = [
        Image.fromarray(image).resize((width, height), Image.Resampling.BICUBIC) for image in images
    ]
    return np.stack([np.asarray(image) for image in resized])


def _fitting_size(height: int, width: int, *, max_pixels: int, unit: int) -> tuple[int, int]:
    def rounded(scale: float) -> tuple[int, int]:
        return tuple(max(unit, round(side * scale / unit) * unit) for side in (height, width))  # type: ignore[return-value] # two sides in, two out

    scale = min(1.0, math.sqrt(max_pixels / (height * width)))
    while math.prod(size := rounded(scale)) > max_pixels and max(size) > unit:
        scale *= 0.98
    return size
