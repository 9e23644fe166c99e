"""Pictures to the tensors a network eats: shrink, crop, batch; matches PIL's antialiased resampling."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from grounder.errors import ModelError

if TYPE_CHECKING:
    from torch import Tensor

Pictures = Sequence[NDArray[np.uint8]] | NDArray[np.uint8]
Fit = Literal["shortest", "squash"]
"""How a picture becomes a square: short side scaled and the centre cropped, or both sides scaled."""
Filter = Literal["bicubic", "bilinear"]


def squares(
    pictures: Pictures, side: int, *, fit: Fit = "shortest", filter: Filter = "bicubic"
) -> "Tensor":
    """Return (n, 3, side, side) uint8, channels last in memory.

    Args:
        pictures: (h, w, 3) RGB each, sizes may differ.
        side: Width and height of the result, pixels.
        fit: See `Fit`.
        filter: Resampling kernel, antialiased as PIL does it.

    Raises:
        ModelError: A picture is not (h, w, 3) uint8.
    """
    import torch

    result = torch.empty((len(pictures), 3, side, side), dtype=torch.uint8).contiguous(
        memory_format=torch.channels_last
    )
    for row, picture in enumerate(pictures):
        _check(picture)
        result[row] = _square(torch.from_numpy(np.ascontiguousarray(picture)), side, fit, filter)
    return result


def whole(pictures: Pictures, short_side: int, *, widest: float) -> "Tensor":
    """Return (n, 3, h, w) uint8 with the short side scaled to `short_side` and the aspect kept.

    Args:
        pictures: (h, w, 3) RGB, all of one size.
        short_side: Pixels.
        widest: Longest side over shortest; what is beyond is cropped from the ends.

    Raises:
        ModelError: A picture is not (h, w, 3) uint8.
    """
    import torch
    from torch.nn.functional import interpolate

    for picture in pictures:
        _check(picture)
    planes = torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2)
    height, width = planes.shape[2:]
    limit = int(min(height, width) * widest)
    top, left = max(0, (height - limit) // 2), max(0, (width - limit) // 2)
    planes = planes[:, :, top : top + limit, left : left + limit]
    scale = short_side / min(height, width)
    size = [round(side * scale) for side in planes.shape[2:]]
    return interpolate(planes, size, mode="bicubic", antialias=True)


def batches(pictures: Pictures, size: int) -> Iterator[Pictures]:
    """Cut the pictures into runs of at most `size`, so that memory stays flat."""
    for first in range(0, len(pictures), size):
        yield pictures[first : first + size]


def alike(pictures: Pictures, size: int) -> Iterator[Pictures]:
    """Cut the pictures into runs of at most `size` that share one shape."""
    for _, run in groupby(pictures, key=lambda picture: picture.shape):
        yield from batches(list(run), size)


def _square(picture: "Tensor", side: int, fit: Fit, filter: Filter) -> "Tensor":
    from torch.nn.functional import interpolate

    height, width = picture.shape[:2]
    if fit == "squash":
        new_height = new_width = side
    else:
        new_height, new_width = (
            (side, int(side * width / height))
            if height <= width
            else (int(side * height / width), side)
        )
    planes = picture.permute(2, 0, 1)[None]
    if (new_height, new_width) != (height, width):
        planes = interpolate(planes, (new_height, new_width), mode=filter, antialias=True)
    top, left = round((new_height - side) / 2), round((new_width - side) / 2)
    return planes[0, :, top : top + side, left : left + side]


def _check(picture: NDArray[np.uint8]) -> None:
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
        raise ModelError(
            f"A picture of shape {picture.shape} and type {picture.dtype} cannot be encoded. "
            "Pictures are (height, width, 3) uint8 RGB arrays, as `Video.frames` gives them."
        )
