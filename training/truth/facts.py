"""Facts: what is true in some pictures of a rendered world, as meanings that a query can have."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from scenetg.world import World
from scenetg.world.query import Query
from scenetg.world.script import Scene
from scenetg.world.truth import spans_of
from scenetg.world.vocabulary import MEETS

THROUGHOUT = 0.85
"""Part of the pictures that a fact must hold in to be what a stretch shows; its ends may be a little off."""


def facts(world: World, times: Sequence[float]) -> list[Query]:
    """Return what pictures at `times` show: first what holds throughout, of that the most telling first.

    Args:
        world: what they are of.
        times: seconds; at least one.
    """
    counts = Counter(fact for time in times for fact in facts_at(world, time))
    least = THROUGHOUT * len(times)
    # Ties stand in the order of the script.
    return sorted(counts, key=lambda fact: (counts[fact] < least, -_detail(fact), -counts[fact]))


def facts_at(world: World, time: float) -> Iterator[Query]:
    """Yield what is true at one moment, each from its shape to its background."""
    scene = world.scenes[world.scene_number(time)]
    setting = Query(pattern=scene.background.pattern, tint=scene.background.tint)
    yield from _shapes(scene, setting, time)
    yield setting


def holds(world: World, meaning: Query, times: Sequence[float]) -> bool:
    """Tell whether a meaning is true in any of the pictures at `times`."""
    spans = spans_of(world, meaning)
    return any(span.contains(time) for span in spans for time in times)


def implies(fact: Query, meaning: Query) -> bool:
    """Tell whether something is true wherever `fact` is: it asks nothing that the fact does not say."""
    asked = meaning.to_meta()
    said = fact.to_meta()
    return all(said.get(name) == value for name, value in asked.items())


def _shapes(scene: Scene, setting: Query, time: float) -> Iterator[Query]:
    for actor in scene.actors:
        for phase in actor.phases:
            if phase.span.contains(time):
                look = replace(setting, colour=actor.thing.colour, shape=actor.thing.shape)
                if phase.action != MEETS:
                    yield replace(look, action=phase.action)
                yield look


def _detail(fact: Query) -> int:
    return len(fact.to_meta())
