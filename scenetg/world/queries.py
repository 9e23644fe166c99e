"""Queries proposed for a world: of many kinds, each with all the spans it is true in, or with none."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from grounder.span import Span, total_duration
from scenetg.world.motion import place_of
from scenetg.world.query import Order, Query
from scenetg.world.script import Actor, Phase, Scene, Thing, World
from scenetg.world.truth import is_clear, spans_of
from scenetg.world.vocabulary import MEETS, NUMBERS, WORDS

TRIES = 40
"""How often a query is thought up for each one wanted, before fewer are returned."""


class Moment(NamedTuple):
    """A place in the script that a query is thought up from."""

    scene: Scene
    actor: Actor
    phase: Phase


@dataclass(frozen=True, slots=True)
class Proposal:
    """A query, its kind, and everywhere it is true."""

    kind: str
    query: Query
    spans: tuple[Span, ...]


def propose(
    world: World,
    count: int,
    dice: random.Random,
    *,
    kinds: Sequence[str] | None = None,
    most_spans: int = 3,
    largest_share: float = 0.75,
) -> list[Proposal]:
    """Return up to `count` different queries that are true somewhere.

    Args:
        world: What they describe.
        count: How many; fewer come back when the world is too poor for them.
        dice: Decides which.
        kinds: Names in `KINDS`; all by default.
        most_spans: Queries that are true more often are left out.
        largest_share: Queries that are true for a larger part of the video are left out.
    """
    found: dict[Query, Proposal] = {}
    tried: set[Query] = set()
    moments = moments_of(world)
    for _ in range(count * TRIES if moments else 0):
        if len(found) == count:
            break
        kind = dice.choice(kinds or tuple(KINDS))
        query = KINDS[kind](world, dice.choice(moments), dice)
        if query is None or query in tried:
            continue
        tried.add(query)
        if not is_clear(world, query):
            continue
        spans = spans_of(world, query)
        if 0 < len(spans) <= most_spans and total_duration(spans) <= largest_share * world.duration:
            found[query] = Proposal(kind, query, tuple(spans))
    return list(found.values())


def refusals(
    world: World, count: int, dice: random.Random, *, kinds: Sequence[str] | None = None
) -> list[Proposal]:
    """Return up to `count` queries that are never true, each one attribute away from one that is."""
    found: dict[Query, Proposal] = {}
    tried: set[Query] = set()
    true_ones = propose(world, count * 3, dice, kinds=kinds or tuple(ALTERABLE))
    for _ in range(count * TRIES if true_ones else 0):
        if len(found) == count:
            break
        model = dice.choice(true_ones)
        query = altered(model.query, world, dice)
        if query in tried:
            continue
        tried.add(query)
        if query != model.query and is_clear(world, query) and not spans_of(world, query):
            found[query] = Proposal(model.kind, query, ())
    return list(found.values())


def altered(query: Query, world: World, dice: random.Random) -> Query:
    """Return a query with one of its attributes drawn anew."""
    level = world.level
    choices = {
        "colour": level.colours,
        "shape": level.shapes,
        "action": tuple(action for action in level.actions if action != MEETS),
        "pattern": level.patterns,
        "tint": level.tints,
        "text": NUMBERS if query.text and query.text.isdigit() else WORDS,
    }
    asked = [name for name in choices if getattr(query, name) is not None]
    if query.partner is not None:
        asked = [name for name in asked if name != "action"]
    name = dice.choice(asked)
    values: dict[str, str] = {name: dice.choice(choices[name])}
    return replace(query, **values)  # type: ignore[arg-type]  # every name in `choices` is a str field


def moments_of(world: World) -> list[Moment]:
    """Return every phase of every shape."""
    return [
        Moment(scene, actor, phase)
        for scene in world.scenes
        for actor in scene.actors
        for phase in actor.phases
    ]


def look(world: World, moment: Moment, dice: random.Random) -> Query | None:
    """A red square is on screen."""
    return _look(moment.actor.thing)


def sized_look(world: World, moment: Moment, dice: random.Random) -> Query | None:
    """A small red square is on screen."""
    size = moment.actor.thing.size
    return replace(_look(moment.actor.thing), size=size) if size else None


def action(world: World, moment: Moment, dice: random.Random) -> Query | None:
    """A red square spins."""
    if moment.phase.action == MEETS:
        return None
    return replace(_look(moment.actor.thing), action=moment.phase.action)


def sized_action(world: World, moment: Moment, dice: random.Random) -> Query | None:
    """A small red square spins."""
    query, size = action(world, moment, dice), moment.actor.thing.size
    return replace(query, size=size) if query and size else None


def vague_action(world: World, moment: Moment, dice: random.Random) -> Query | None:
    """A red shape spins; a square spins."""
    query = action(world, moment, dice)
    return query and replace(query, **{dice.choice(("colour", "shape")): None})


def action_before_background(world: World, moment: Moment, dice: random.Random) -> Query | None:
    """A red square spins in front of a striped grey background."""
    query = action(world, moment, dice)
    return query and _before_background(query, moment, world)


def look_before_background(world: World, moment: Moment, dice: random.Random) -> Query | None:
    """A red square is on screen in front of a striped grey background."""
    return _before_background(_look(moment.actor.thing), moment, world)


def background(world: World, moment: Moment, dice: random.Random) -> Query | None:
    """The background is striped grey."""
    return _before_background(Query(), moment, world)


def lettering(world: World, moment: Moment, dice: random.Random) -> Query | None:
    """The word SUN is on screen."""
    texts = [shown.text for shown in moment.scene.letterings]
    return Query(text=dice.choice(texts)) if texts else None


def look_with_lettering(world: World, moment: Moment, dice: random.Random) -> Query | None:
    """A red square is on screen while the word SUN is on screen."""
    query = lettering(world, moment, dice)
    return query and replace(_look(moment.actor.thing), text=query.text)


def place(world: World, moment: Moment, dice: random.Random) -> Query | None:
    """A red square spins on the left."""
    query, where = action(world, moment, dice), place_of(moment.phase, world.aspect)
    return replace(query, place=where) if query and where else None


def together(world: World, moment: Moment, dice: random.Random) -> Query | None:
    """A red square and a blue circle are on screen together."""
    others = [
        actor.thing for actor in moment.scene.actors if actor.span.overlap(moment.actor.span) > 0
    ]
    others.remove(moment.actor.thing)
    if not others:
        return None
    other = dice.choice(others)
    return replace(_look(moment.actor.thing), beside=Thing(other.colour, other.shape))


def meeting(world: World, moment: Moment, dice: random.Random) -> Query | None:
    """A red square goes to a blue circle and touches it."""
    met = [
        (actor, phase)
        for scene in world.scenes
        for actor in scene.actors
        for phase in actor.phases
        if phase.partner is not None
    ]
    if not met:
        return None
    actor, phase = dice.choice(met)
    return replace(_look(actor.thing), action=MEETS, partner=phase.partner)


def occurrence(world: World, moment: Moment, dice: random.Random) -> Query | None:
    """A red square is on screen for the first time; for the last time."""
    query = dice.choice((look, action, vague_action))(world, moment, dice)
    if query is None or not 2 <= len(spans_of(world, query)) <= 6:
        return None
    return replace(query, order=Order(dice.choice(("first", "last"))))


def relative(world: World, moment: Moment, dice: random.Random) -> Query | None:
    """A red square spins for the first time after this: the word SUN is on screen."""
    query = dice.choice((look, action, vague_action))(world, moment, dice)
    anchor = dice.choice((lettering, action))(world, dice.choice(moments_of(world)), dice)
    if query is None or anchor is None or query == anchor:
        return None
    if len(spans_of(world, query)) < 2 or len(spans_of(world, anchor)) != 1:
        return None
    return replace(query, order=Order(dice.choice(("after", "before")), anchor))


KINDS: dict[str, Callable[[World, Moment, random.Random], Query | None]] = {
    "look": look,
    "sized look": sized_look,
    "action": action,
    "sized action": sized_action,
    "vague action": vague_action,
    "action before background": action_before_background,
    "look before background": look_before_background,
    "background": background,
    "lettering": lettering,
    "look with lettering": look_with_lettering,
    "place": place,
    "together": together,
    "meeting": meeting,
    "occurrence": occurrence,
    "relative": relative,
}
"""What can be asked; a kind gives None where a moment has nothing of the sort."""

ALTERABLE = (
    "look",
    "action",
    "vague action",
    "action before background",
    "look before background",
    "lettering",
    "look with lettering",
    "meeting",
)
"""The kinds that refusals are made from."""


def _look(thing: Thing) -> Query:
    return Query(colour=thing.colour, shape=thing.shape)


def _before_background(query: Query, moment: Moment, world: World) -> Query | None:
    if len(world.level.tints) < 2:
        return None
    shown = moment.scene.background
    pattern = shown.pattern if len(world.level.patterns) > 1 else None
    return replace(query, pattern=pattern, tint=shown.tint)
