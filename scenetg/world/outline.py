"""Outlines: for each shape the distance of every pixel to its edge, so that edges come out smooth.

Coordinates have the shape's radius as unit, x to the right and y down; inside is negative.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.floating[Any]]


class Stamp(NamedTuple):
    """The part of a picture that a shape covers, and how much of each pixel."""

    rows: slice
    columns: slice
    fill: Plane
    """(h, w, 1) share of the pixel inside the shape, in [0, 1]."""
    rim: Plane
    """(h, w, 1) the same for the shape with its dark rim around it."""


def circle(x: Plane, y: Plane) -> Plane:
    """Fill the whole radius."""
    distance: Plane = np.hypot(x, y) - 1
    return distance


def square(x: Plane, y: Plane) -> Plane:
    """Stand on an edge."""
    distance: Plane = np.maximum(np.abs(x), np.abs(y)) - 0.85
    return distance


def triangle(x: Plane, y: Plane) -> Plane:
    """Point up."""
    distance: Plane = np.maximum(y - 0.75, 0.894 * np.abs(x) - 0.447 * (y + 1))
    return distance


def cross(x: Plane, y: Plane) -> Plane:
    """Stand like a plus sign."""
    across, down = np.abs(x), np.abs(y)
    distance: Plane = np.minimum(
        np.maximum(across - 0.32, down - 1), np.maximum(across - 1, down - 0.32)
    )
    return distance


def ring(x: Plane, y: Plane) -> Plane:
    """Leave a hole of half the radius."""
    distance: Plane = np.abs(np.hypot(x, y) - 0.76) - 0.24
    return distance


def star(x: Plane, y: Plane) -> Plane:
    """Have five points, one of them up."""
    sector = np.pi / 5
    angle = np.abs((np.arctan2(x, -y) + sector) % (2 * sector) - sector)
    along, aside = np.hypot(x, y) * np.cos(angle), np.hypot(x, y) * np.sin(angle)
    # The edge from the tip (1, 0) to the notch at 0.45 of the radius, half a sector on.
    notch_along, notch_aside = 0.45 * np.cos(sector), 0.45 * np.sin(sector)
    length = np.hypot(1 - notch_along, notch_aside)
    distance: Plane = ((along - 1) * notch_aside + aside * (1 - notch_along)) / length
    return distance


def heart(x: Plane, y: Plane) -> Plane:
    """Join a square on its corner and two discs on its upper edges."""
    across, down = np.abs(x), y - 0.08
    body = (across + np.abs(down) - 0.72) * np.float32(0.7071)
    distance: Plane = np.minimum(body, np.hypot(across - 0.36, down + 0.36) - 0.51)
    return distance


def moon(x: Plane, y: Plane) -> Plane:
    """Open to the right."""
    distance: Plane = np.maximum(np.hypot(x, y) - 1, 0.8 - np.hypot(x - 0.5, y))
    return distance


OUTLINES: dict[str, Callable[[Plane, Plane], Plane]] = {
    "circle": circle,
    "square": square,
    "triangle": triangle,
    "cross": cross,
    "ring": ring,
    "star": star,
    "heart": heart,
    "moon": moon,
}


@lru_cache(maxsize=256)  # what stands still is drawn once
def stamp(
    shape: str,
    centre: tuple[float, float],
    radius: float,
    angle: float,
    rim: float,
    size: tuple[int, int],
) -> Stamp | None:
    """Return the pixels of a shape; lengths in pixels, `size` is (width, height); None outside."""
    reach = 1.45 * radius + rim + 1  # a square's corner is the farthest point
    (left, right), (top, bottom) = (
        (max(0, int(middle - reach)), min(side, int(middle + reach) + 1))
        for middle, side in zip(centre, size, strict=True)
    )
    if left >= right or top >= bottom:
        return None
    x = (np.arange(left, right, dtype=np.float32)[None, :] + (0.5 - centre[0])) / radius
    y = (np.arange(top, bottom, dtype=np.float32)[:, None] + (0.5 - centre[1])) / radius
    if angle:
        cosine, sine = np.float32(np.cos(angle)), np.float32(np.sin(angle))
        x, y = x * cosine + y * sine, y * cosine - x * sine
    distance = OUTLINES[shape](x, y)[..., None] * np.float32(radius)
    fill = np.clip(0.5 - distance, 0, 1)
    return Stamp(slice(top, bottom), slice(left, right), fill, np.clip(0.5 + rim - distance, 0, 1))
