"""Decoding: makes a drawn picture look like one that an index decodes from a lossy video."""

import io
import random

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from grounder.video.decoder import Size

Picture = NDArray[np.uint8]

FILTERS = (Image.Resampling.BOX, Image.Resampling.BILINEAR, Image.Resampling.BICUBIC)
QUALITY = (20, 95)
"""Of JPEG, whose halved colour planes and 8x8 blocks stand in for those of H.264."""
NOISE = 4.0
"""The largest standard deviation, in grey levels."""
GAIN = 0.05
"""How far brightness and the balance of the colours may be off."""


def compressed(picture: Picture, side: int, dice: random.Random) -> Picture:
    """Return a picture compressed and with its short side scaled to `side`.

    Args:
        picture: (h, w, 3) RGB as drawn.
        side: What the encoder asks its pictures to be scaled to.
        dice: Decides how bad it gets; one in five is not compressed.
    """
    image = Image.fromarray(picture)
    if dice.random() < 0.8:
        stream = io.BytesIO()
        image.save(stream, "JPEG", quality=dice.randint(*QUALITY), subsampling="4:2:0")
        image = Image.open(stream)
    width, height = Size(*image.size).with_short_side(side)
    if dice.random() < 0.2:
        image = image.resize((width * 3 // 4, height * 3 // 4), dice.choice(FILTERS))
    return np.array(image.resize((width, height), dice.choice(FILTERS)))


def off(picture: Picture, dice: random.Random) -> Picture:
    """Return a picture a little off in its colours, half of the time grainy."""
    noise = np.random.default_rng(dice.randrange(2**32))
    gains = dice.uniform(1 - GAIN, 1 + GAIN) * noise.uniform(1 - GAIN, 1 + GAIN, 3)
    changed: NDArray[np.float32] = picture.astype(np.float32) * gains.astype(np.float32)
    if dice.random() < 0.5:
        changed += noise.standard_normal(picture.shape, np.float32) * dice.uniform(0, NOISE)
    finished: Picture = np.clip(changed, 0, 255).astype(np.uint8)
    return finished
