"""View: what one frame of a rendered world shows, and which descriptions are true of it."""

import random
from dataclasses import dataclass, replace

from scenetg.world.query import Query
from scenetg.world.script import Scene, Thing, World
from scenetg.world.truth import setting_fits


@dataclass(frozen=True, slots=True)
class View:
    """One moment of one scene."""

    world: World
    """Of this scene alone, so that no dissolve shows another."""
    time: float
    things: tuple[Thing, ...]
    """The shapes on screen."""

    @property
    def scene(self) -> Scene:
        """The scene that is seen."""
        return self.world.scenes[0]


def view_of(world: World, scene: Scene, time: float) -> View:
    """Return what `scene` of `world` shows at `time` (seconds inside it)."""
    alone = replace(world, scenes=(replace(scene, dissolve=0.0),))
    things = tuple(actor.thing for actor in scene.actors if actor.span.contains(time))
    return View(alone, time, things)


def empty_view(view: View) -> View:
    """Return the same picture without its shapes."""
    scene = replace(view.scene, actors=())
    return View(replace(view.world, scenes=(scene,)), view.time, ())


def fits(query: Query | None, view: View) -> bool:
    """Tell whether a description may be true of a view, as far as one frame can show it.

    A frame shows no movement, so the action is not asked; a shape of no named size may be called either.
    None is the description of an empty picture.
    """
    if query is None:
        return not view.things
    if not setting_fits(query, view.scene):
        return False
    if not query.about_a_shape:
        return True
    if query.beside is not None and not any(_looks(query.beside, thing) for thing in view.things):
        return False
    wanted = Thing(query.colour or "", query.shape or "", query.size)
    return any(_looks(wanted, thing) for thing in view.things)


def describe(view: View, dice: random.Random) -> Query | None:
    """Return a description that is true of a view; its action is drawn at random, for it cannot be seen.

    None for an empty picture.
    """
    if not view.things:
        return None
    thing, level = dice.choice(view.things), view.world.level
    query = Query(colour=thing.colour, shape=thing.shape)
    if thing.size is not None and dice.random() < 0.3:
        query = replace(query, size=thing.size)
    chance = dice.random()
    if chance < 0.15:
        query = replace(query, **{dice.choice(("colour", "shape")): None})
    elif chance < 0.4:
        query = _before_background(query, view)
    elif chance < 0.48:
        return _before_background(Query(), view)
    elif chance < 0.56 and len(view.things) > 1:
        other = dice.choice([other for other in view.things if other is not thing])
        return replace(query, size=None, beside=Thing(other.colour, other.shape))
    if dice.random() < 0.5:
        action = dice.choice([action for action in level.actions if action != "meets"])
        query = replace(query, action=action)
    return query


def _before_background(query: Query, view: View) -> Query:
    shown = view.scene.background
    pattern = shown.pattern if len(view.world.level.patterns) > 1 else None
    return replace(query, pattern=pattern, tint=shown.tint)


def _looks(wanted: Thing, thing: Thing) -> bool:
    return (
        wanted.colour in {"", thing.colour}
        and wanted.shape in {"", thing.shape}
        and (wanted.size is None or thing.size in {None, wanted.size})
    )
