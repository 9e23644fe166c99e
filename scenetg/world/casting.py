"""Casting: which shapes a scene gets, with near misses and recurrences of those shown before."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from scenetg.world.level import Level
from scenetg.world.script import Actor, Thing


@dataclass
class Memory:
    """What has been shown so far, for near misses and recurrences."""

    things: list[Thing] = field(default_factory=list)
    last_scene: list[Thing] = field(default_factory=list)
    last_tint: str | None = None
    done: dict[tuple[str, str], set[str]] = field(default_factory=dict)

    def remember(self, actors: Sequence[Actor]) -> None:
        """Note the shapes of a finished scene and what they did."""
        self.last_scene = [actor.thing for actor in actors]
        for actor in actors:
            self.things.append(actor.thing)
            done = self.done.setdefault((actor.thing.colour, actor.thing.shape), set())
            done.update(phase.action for phase in actor.phases)


def cast(level: Level, memory: Memory, dice: random.Random) -> Thing:
    """Choose a look that is not in this scene or the one before."""
    taken = {(thing.colour, thing.shape) for thing in memory.last_scene}
    thing = _look(level, memory, dice)
    for _ in range(50):
        if (thing.colour, thing.shape) not in taken:
            break
        thing = _look(level, memory, dice)
    return thing


def _look(level: Level, memory: Memory, dice: random.Random) -> Thing:
    chance = dice.random()
    if memory.things and chance < level.recurring + level.near_miss:
        thing = dice.choice(memory.things)
        return thing if chance < level.recurring else _near_miss(thing, level, dice)
    size = dice.choice((*level.sizes, None)) if level.sizes else None
    return Thing(dice.choice(level.colours), dice.choice(level.shapes), size)


def _near_miss(thing: Thing, level: Level, dice: random.Random) -> Thing:
    attribute = dice.choice(("colour", "shape", "size") if level.sizes else ("colour", "shape"))
    if attribute == "colour":
        return replace(thing, colour=dice.choice(level.colours))
    if attribute == "shape":
        return replace(thing, shape=dice.choice(level.shapes))
    return replace(thing, size=dice.choice(level.sizes))


def radius_of(thing: Thing, level: Level, dice: random.Random) -> float:
    """Draw a radius that fits what the shape is called, in units of the short side."""
    small, big = level.radii
    if thing.size is None:
        return (
            dice.uniform(small, small + 0.5 * (big - small))
            if level.sizes
            else dice.uniform(small, big)
        )
    return (small if thing.size == "small" else big) * dice.uniform(0.95, 1.05)
