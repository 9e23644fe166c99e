"""Colours as a small space of their own: how much of a picture has each basic colour, and colour words.

The eleven basic colour terms are Berlin and Kay's (1969). A picture's row says how much more, or less,
of each colour it has than pictures commonly have; a text's row says which colours it names.
"""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from grounder.encoders.encoder import UnitVectors
from grounder.encoders.pictures import Pictures

Rgb = tuple[int, int, int]

# Typical sRGB pixels of each colour and the share of all pixels it commonly takes, both set by hand.
_COLOURS: dict[str, tuple[float, tuple[Rgb, ...]]] = {
    "black": (0.15, ((10, 10, 10), (40, 40, 45))),
    "white": (0.08, ((250, 250, 250), (230, 232, 235))),
    "grey": (0.25, ((128, 128, 128), (90, 90, 92), (170, 170, 172))),
    "red": (0.04, ((200, 30, 30), (150, 20, 25), (220, 60, 50))),
    "orange": (0.03, ((240, 140, 30), (220, 110, 40))),
    "yellow": (0.06, ((240, 220, 50), (210, 190, 80))),
    "green": (0.10, ((60, 140, 50), (110, 160, 60), (40, 80, 40))),
    "blue": (0.10, ((40, 80, 200), (90, 150, 220), (30, 40, 110))),
    "purple": (0.03, ((120, 50, 140), (150, 110, 180))),
    "pink": (0.03, ((240, 150, 180), (220, 90, 140))),
    "brown": (0.13, ((110, 70, 40), (150, 110, 75), (70, 45, 30))),
}
NAMES = tuple(_COLOURS)
# Other words that say a colour plainly.
_SYNONYMS = {
    "gray": "grey",
    "silver": "grey",
    "dark": "black",
    "night": "black",
    "snow": "white",
    "snowy": "white",
    "bright": "white",
    "golden": "yellow",
    "blond": "yellow",
    "blonde": "yellow",
    "violet": "purple",
    "beige": "brown",
}
STEP = 8
"""Every eighth pixel each way is enough for shares."""
BITS = 4
"""Pixels are looked up at 16 levels a channel."""


def colours_of_pictures(pictures: Pictures) -> UnitVectors:
    """Return (n, 11) unit rows."""
    table, usual = _lookup_table(), np.sqrt([share for share, _ in _COLOURS.values()])
    rows = np.empty((len(pictures), len(NAMES)), np.float32)
    for row, picture in zip(rows, pictures, strict=True):
        level = picture[::STEP, ::STEP].reshape(-1, 3) >> (8 - BITS)
        counts = np.bincount(table[level[:, 0], level[:, 1], level[:, 2]], minlength=len(NAMES))
        row[:] = np.sqrt(counts / counts.sum()) - usual
    unit: UnitVectors = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
    return unit


def colours_of_texts(texts: Sequence[str]) -> NDArray[np.float32]:
    """Return (n, 11) unit rows; a row of zeros where the text names no colour."""
    rows = np.zeros((len(texts), len(NAMES)), np.float32)
    for row, text in zip(rows, texts, strict=True):
        for word in re.findall(r"[a-z]+", text.lower()):
            name = _SYNONYMS.get(word, word)
            if name in _COLOURS:
                row[NAMES.index(name)] = 1
    unit: NDArray[np.float32] = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1)
    return unit


def _lookup_table() -> NDArray[np.uint8]:
    """Return (16, 16, 16): the nearest colour name's number in CIELAB, by coarse RGB."""
    levels = (np.arange(2**BITS) + 0.5) * 2 ** (8 - BITS)
    cube = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1)
    examples = [(i, rgb) for i, (_, rgbs) in enumerate(_COLOURS.values()) for rgb in rgbs]
    places = _lab(np.array([rgb for _, rgb in examples], float))
    distance = ((_lab(cube)[..., None, :] - places) ** 2).sum(axis=-1)
    owner = np.array([i for i, _ in examples], np.uint8)
    table: NDArray[np.uint8] = owner[distance.argmin(axis=-1)]
    return table


def _lab(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn sRGB in 0..255 into CIELAB under D65 (IEC 61966-2-1, CIE 15)."""
    value = rgb / 255
    linear = np.where(value > 0.04045, ((value + 0.055) / 1.055) ** 2.4, value / 12.92)
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    xyz = linear @ to_xyz.T / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    lightness = 116 * f[..., 1] - 16
    return np.stack(
        [lightness, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1
    )
