"""Perceptual hashes of a video: two pictures a second, 128 bits each, that survive re-encoding and resizing.

Difference hash (N. Krawetz, "Kind of Like That", 2013), across and down: each bit tells whether a cell of a 9x9 grid
is brighter than the one before it.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint8]
"""(n, 16): one row for each picture; all 0 where it is too plain to be told from others."""

RATE = 2.0
"""Pictures per second; hashes of other rates cannot be compared."""
SIZE = 16
"""Bytes of a hash."""
CELLS = 9
LEAST = 1.0
"""Grey levels (of 255) by which a cell must be brighter: less is noise of the encoder."""
PLAIN = 6.0
"""Standard deviation of the cells below which a picture is plain: black, white, a fade."""
AT_ONCE = 600
"""Pictures in memory at one time."""


@dataclass(frozen=True, slots=True, eq=False)
class Fingerprint:
    """What a video looks like over time."""

    name: str
    """Of the file."""
    duration: float
    """Seconds."""
    hashes: Hashes
    """Of the pictures at 0.25 s, 0.75 s, and so on."""


def fingerprint(path: Path, *, decoder: str = "pyav") -> Fingerprint:
    """Decode a video once and hash its pictures.

    Raises:
        VideoError: it cannot be read.
    """
    from grounder.video import Video

    with Video.open(path, decoder=decoder) as video:
        times = moments(video.duration)
        parts = [
            video.frames(times[first : first + AT_ONCE], max_side=8 * CELLS).images
            for first in range(0, len(times), AT_ONCE)
        ]
        hashes = [hash_picture(image) for images in parts for image in images]
    return Fingerprint(path.name, video.duration, np.array(hashes, np.uint8).reshape(-1, SIZE))


def moments(duration: float) -> list[float]:
    """Return the seconds at which a video is looked at."""
    return [(number + 0.5) / RATE for number in range(int(duration * RATE))]


def hash_picture(image: NDArray[np.uint8]) -> Hashes:
    """Return the 16 bytes of one RGB picture; all 0 if it is plain."""
    from PIL import Image

    small = Image.fromarray(image).convert("L").resize((CELLS, CELLS), Image.Resampling.BOX)
    grey = np.asarray(small, np.float32)
    if grey.std() < PLAIN:
        return np.zeros(SIZE, np.uint8)
    across = grey[:-1, 1:] - grey[:-1, :-1] > LEAST
    down = grey[1:, :-1] - grey[:-1, :-1] > LEAST
    return np.packbits(np.concatenate([across.ravel(), down.ravel()]))
