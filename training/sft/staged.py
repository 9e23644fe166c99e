"""WorldFootage: a rendered world as what a row can be shown pictures of."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from grounder.adapters import Budget
from grounder.ground.vlm import shown_times
from grounder.span import Span
from grounder.video import Frames, Size
from scenetg.world import World
from scenetg.world.phrases import noun
from scenetg.world.script import Thing
from training.sft.timeline import Timeline

SHORTEST = 1e-3
"""Seconds within one picture."""
WRONG = 0.25
"""Share of guesses that are drawn at random: eyes are to be trusted more."""


@dataclass(frozen=True, slots=True)
class WorldFootage:
    """A world, shown as part of a longer video."""

    world: World
    timeline: Timeline
    side: int
    """Width and height of the pictures in pixels."""
    guessed: float = 0.0
    """As in `Rendered`."""
    cut: float = 0.0
    """Seconds that are missing at the beginning."""
    _windows: dict[Budget, Frames] = field(default_factory=dict, compare=False, repr=False)

    @property
    def span(self) -> Span:
        """What there is to see, in seconds of the whole video."""
        return self.timeline.span(Span(self.cut, self.world.duration))

    def window(self, budget: Budget) -> Frames:
        """Return pictures of all of it, as a grounder is shown them."""
        if budget not in self._windows:
            seen = Span(self.cut, self.world.duration)
            # A picture belongs to the piece that it begins in, hence no empty span.
            shown = [
                self.timeline.span(Span(time, time + SHORTEST)).start
                for time in shown_times(seen, budget)
            ]
            self._windows[budget] = self.frames(shown, max_side=self.side)
        return self._windows[budget]

    def frames(self, times: Sequence[float], *, max_side: int) -> Frames:
        """Return the pictures at some times (never decreasing), at most `max_side` pixels long."""
        side = min(self.side, max_side)
        inside = np.clip(self.timeline.world(times), 0.0, self.world.duration)
        shown = self.world.frames(inside.tolist(), size=Size(side, side))
        return Frames(shown.images, np.asarray(times, np.float64))

    def described(self, span: Span) -> str:
        """Return a guess at what a stretch looks like, the same each time, or nothing."""
        dice = random.Random(f"guess {self.world.seed} {span}")
        if dice.random() >= self.guessed:
            return ""
        (centre,) = self.timeline.world([span.centre])
        scene = self.world.scenes[self.world.scene_number(centre)]
        thing, level = scene.actors[0].thing, self.world.level
        if dice.random() < WRONG:
            thing = Thing(dice.choice(level.colours), dice.choice(level.shapes))
        return f"(looks like: {noun(thing.colour, thing.shape)})"
