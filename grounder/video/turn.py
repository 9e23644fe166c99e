"""How a stored picture is turned for display: the 3x3 display matrix as one of eight turns."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grounder.video.decoder import Size


@dataclass(frozen=True, slots=True)
class Turn:
    """Transpose first, then mirror; the default leaves the picture as it is stored."""

    transposed: bool = False
    flipped_x: bool = False
    flipped_y: bool = False

    def size(self, size: Size) -> Size:
        """Return the size after the turn; a turn undoes its own swap, so this works both ways."""
        return Size(size.height, size.width) if self.transposed else size

    def apply(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Turn a (height, width, 3) picture from stored to displayed."""
        if self == UPRIGHT:
            return image
        turned = image.swapaxes(0, 1) if self.transposed else image
        x, y = (-1 if self.flipped_x else 1), (-1 if self.flipped_y else 1)
        return np.ascontiguousarray(turned[::y, ::x])


UPRIGHT = Turn()


def turn_of_matrix(matrix: bytes) -> Turn:
    """Read a display matrix: nine native 32-bit integers, `x' = a x + c y`, `y' = b x + d y`.

    Source: ISO/IEC 14496-12 section 6.2.2, as FFmpeg stores it. Angles between quarter turns
    are taken to the nearest one.
    """
    a, b, _, c, d = np.frombuffer(matrix, np.int32)[:5].tolist()
    if abs(a) >= abs(b):
        return Turn(flipped_x=a < 0, flipped_y=d < 0)
    return Turn(transposed=True, flipped_x=c < 0, flipped_y=b < 0)
