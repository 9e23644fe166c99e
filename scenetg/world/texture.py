"""Textures: the backgrounds of scenes, drawn once per scene and size."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenetg.world.script import Background
from scenetg.world.vocabulary import TINTS

Plane = NDArray[np.floating[Any]]

LIGHTER = 1.5
"""The second tone of a pattern against its tint."""
GRAIN = 1.0
"""Standard deviation of the fixed noise, in grey levels."""


def plain(x: Plane, y: Plane) -> Plane:
    """Have no second tone."""
    second: Plane = np.full(np.broadcast_shapes(x.shape, y.shape), -1, np.float32)
    return second


def striped(x: Plane, y: Plane) -> Plane:
    """Run stripes from corner to corner."""
    second: Plane = np.sin(np.pi * (x + y))
    return second


def checkered(x: Plane, y: Plane) -> Plane:
    """Lay out a chessboard."""
    second: Plane = np.sin(np.pi * x) * np.sin(np.pi * y) * 2
    return second


def dotted(x: Plane, y: Plane) -> Plane:
    """Set a disc into every second square."""
    second: Plane = 0.6 - 2 * np.hypot(x % 1.6 / 1.6 - 0.5, y % 1.6 / 1.6 - 0.5) * 1.1
    return second


def wavy(x: Plane, y: Plane) -> Plane:
    """Run level waves."""
    second: Plane = np.sin(np.pi * (y + 0.55 * np.sin(np.pi * x * 0.8)))
    return second


def brick(x: Plane, y: Plane) -> Plane:
    """Lay bricks; the mortar is the lighter tone."""
    row = np.floor(y)
    along = np.abs((x / 2 + 0.5 * (row % 2)) % 1 - 0.5) * 2
    second: Plane = np.maximum(0.18 - (y - row), along * 2 - 1.82)
    return second


PATTERNS: dict[str, Callable[[Plane, Plane], Plane]] = {
    "plain": plain,
    "striped": striped,
    "checkered": checkered,
    "dotted": dotted,
    "wavy": wavy,
    "brick": brick,
}
"""From coordinates in pattern periods to above 0 where the second tone shows."""


@lru_cache(maxsize=64)
def texture(background: Background, width: int, height: int) -> NDArray[np.uint8]:
    """Return the (height, width, 3) RGB picture of a background; do not write to it."""
    noise = np.random.default_rng(background.seed)
    short = min(width, height)
    period = noise.uniform(0.14, 0.2) * short
    offset = noise.uniform(0, 8, size=2)
    x = (np.arange(width, dtype=np.float32)[None, :] / period + offset[0]).astype(np.float32)
    y = (np.arange(height, dtype=np.float32)[:, None] / period + offset[1]).astype(np.float32)
    second = np.clip(0.5 + PATTERNS[background.pattern](x, y) * period * 0.3, 0, 1)
    shade = np.linspace(1.1, 0.85, height, dtype=np.float32)[:, None]  # lit from above
    tint = np.asarray(TINTS[background.tint], np.float32)
    tones = 1 + second * (LIGHTER - 1)
    picture = tint * (tones * shade)[..., None] + (second * 10)[..., None]
    picture += noise.normal(0, GRAIN, (height, width, 1))
    finished: NDArray[np.uint8] = np.clip(picture, 0, 255).astype(np.uint8)
    finished.flags.writeable = False
    return finished
