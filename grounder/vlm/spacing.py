"""Even spacing: all that models which are told one spacing per clip can be shown."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from grounder.video.frames import Frames

WAVER = 0.25  # of the spacing; true PTS lie up to one frame before the asked times


def even_runs(frames: Frames) -> Iterator[Frames]:
    """Cut frames into the longest stretches of even spacing; repeated pictures are left out.

    For models that are told one spacing per clip and no more.
    """
    times, kept = np.unique(frames.times, return_index=True)
    first = 0
    while first < len(times):
        last = first + 1
        while last + 1 < len(times) and is_even(times[first : last + 2]):
            last += 1
        chosen = kept[first : last + 1]
        yield Frames(frames.images[chosen], frames.times[chosen])
        first = last + 1


def is_even(times: NDArray[np.float64]) -> bool:
    """Tell whether no time is further than `WAVER` spacings from an even grid."""
    if len(times) < 2:
        return True
    spacing = (times[-1] - times[0]) / (len(times) - 1)
    grid = times[0] + spacing * np.arange(len(times))
    return bool(spacing > 0 and np.all(np.abs(times - grid) <= WAVER * spacing))
