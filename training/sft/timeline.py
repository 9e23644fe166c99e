"""Timeline: when what is shown of a world is said to happen; stretches between its scenes may be missing.

Pictures of half a minute then stand all over the clock, as they do in a long video: a model that reads the minutes off
one unit and the seconds off another is found out.
"""

import random
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from grounder.span import Span
from scenetg.world import World

CROWDING = 0.3
"""Of the gamma draws: below 1, a few long stretches rather than many short ones."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """From seconds of a world to seconds of the video that it is shown as."""

    begins: tuple[float, ...] = (0.0,)
    """Where each piece begins in the world, rising from 0."""
    later: tuple[float, ...] = (0.0,)
    """How much later each piece is shown, in seconds, never less than the one before."""

    def span(self, span: Span) -> Span:
        """Return a span of the world as it is shown; it ends in the piece that it reaches into."""
        first = bisect_right(self.begins, span.start) - 1
        last = max(first, bisect_left(self.begins, span.end) - 1)
        return Span(span.start + self.later[first], span.end + self.later[last])

    def world(self, times: Sequence[float]) -> list[float]:
        """Return the seconds of the world that are shown at some times; where nothing is, the next that is."""
        begins = [begin + later for begin, later in zip(self.begins, self.later, strict=True)]
        found = []
        for time in times:
            piece = max(0, bisect_right(begins, time) - 1)
            following = self.begins[piece + 1] if piece + 1 < len(begins) else np.inf
            found.append(min(time - self.later[piece], following))
        return found


def timeline_of(world: World, dice: random.Random, *, start: float, missing: float) -> Timeline:
    """Return a timeline that begins at `start`; in every other world up to `missing` seconds lack between scenes."""
    grid = world.level.grid
    begins = [scene.span.start for scene in world.scenes]
    total = dice.uniform(0.0, missing) if dice.random() < 0.5 else 0.0
    shares = [dice.gammavariate(CROWDING, 1.0) for _ in begins[1:]]
    whole = sum(shares) or 1.0
    later = [start]
    for share in shares:
        later.append(later[-1] + total * share / whole // grid * grid)
    return Timeline(tuple(begins), tuple(later))
