"""Letters: words and numbers on a dark strip at the bottom of the picture."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from scenetg.world.stage import BAND

INK = np.array((250, 244, 226), np.float32)
STRIP = np.array((8, 8, 10), np.float32)
SOLIDITY = 0.8
"""How much of the background the strip hides."""
SHARPER = 4
"""Letters are drawn this much larger and shrunk, or small ones would be mere blots."""


def paint_letters(picture: NDArray[np.uint8], text: str) -> None:
    """Write `text` onto an RGB picture, in place."""
    height, width = picture.shape[:2]
    strip = round(BAND * min(height, width))
    ink = _ink(text, width, strip)
    part = picture[height - strip :].astype(np.float32)
    part += (STRIP - part) * SOLIDITY
    part += (INK - part) * ink
    picture[height - strip :] = np.rint(part).astype(np.uint8)


@lru_cache(maxsize=256)
def _ink(text: str, width: int, height: int) -> NDArray[np.float32]:
    """Return the (height, width, 1) share of ink of each pixel, in [0, 1]."""
    canvas = Image.new("L", (width * SHARPER, height * SHARPER))
    # Capitals of the built-in font are 0.73 of its size high: this fills most of the strip.
    font = ImageFont.load_default(size=height * SHARPER * 1.05)
    middle = (canvas.width / 2, canvas.height / 2)
    ImageDraw.Draw(canvas).text(
        middle, text, fill=255, font=font, anchor="mm", stroke_width=SHARPER // 2, stroke_fill=255
    )
    shrunk = canvas.resize((width, height), Image.Resampling.BOX)
    return (np.asarray(shrunk) / 255).astype(np.float32)[..., None]
