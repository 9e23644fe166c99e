"""Truth: where a query holds, exactly, because the script says all there is to see."""

from collections.abc import Iterable, Iterator, Sequence

from grounder.span import Span, merge
from scenetg.world.motion import actions_of, place_of
from scenetg.world.query import Order, Query
from scenetg.world.script import Actor, Phase, Scene, Thing, World


def spans_of(world: World, query: Query) -> list[Span]:
    """Return every span in which a query is true, in order and apart."""
    spans = merge(
        span
        for scene in world.scenes
        if setting_fits(query, scene)
        for span in _spans_in_scene(world, query, scene)
    )
    return spans if query.order is None else _ordered(world, spans, query.order)


def setting_fits(query: Query, scene: Scene) -> bool:
    """Tell whether the background of a scene is the one that is asked for."""
    return query.pattern in {None, scene.background.pattern} and query.tint in {
        None,
        scene.background.tint,
    }


def thing_fits(query: Query, thing: Thing) -> bool:
    """Tell whether a shape looks as asked."""
    return (
        query.colour in {None, thing.colour}
        and query.shape in {None, thing.shape}
        and query.size in {None, thing.size}
    )


def phase_fits(query: Query, phase: Phase, aspect: float) -> bool:
    """Tell whether what a shape does, and where, is as asked."""
    return (
        (query.action is None or query.action in actions_of(phase))
        and (query.place is None or query.place == place_of(phase, aspect))
        and (query.partner is None or query.partner == phase.partner)
    )


def is_clear(world: World, query: Query) -> bool:
    """Tell whether no shape leaves the answer to taste: sizes and places in between are nobody's."""
    if query.size is None and query.place is None:
        return True
    for scene in world.scenes:
        for actor in scene.actors:
            if query.colour not in {None, actor.thing.colour} or query.shape not in {
                None,
                actor.thing.shape,
            }:
                continue
            if query.size is not None and actor.thing.size is None:
                return False
            if query.place is not None and any(
                place_of(phase, world.aspect) is None and query.action in {None, phase.action}
                for phase in actor.phases
            ):
                return False
    return True


def _spans_in_scene(world: World, query: Query, scene: Scene) -> list[Span]:
    conditions: list[list[Span]] = []
    if query.about_a_shape:
        conditions.append(
            [
                phase.span
                for actor in scene.actors
                if thing_fits(query, actor.thing)
                for phase in actor.phases
                if phase_fits(query, phase, world.aspect)
            ]
        )
    if query.beside is not None:
        conditions.append([actor.span for actor in scene.actors if _looks(actor, query.beside)])
    if query.text is not None:
        conditions.append([shown.span for shown in scene.letterings if shown.text == query.text])
    spans = [scene.span]
    for condition in conditions:
        spans = list(_intersect(spans, merge(condition)))
    return spans


def _looks(actor: Actor, thing: Thing) -> bool:
    return (actor.thing.colour, actor.thing.shape) == (thing.colour, thing.shape)


def _intersect(left: Iterable[Span], right: Sequence[Span]) -> Iterator[Span]:
    return (shared for one in left for other in right if (shared := one.clip(other)) is not None)


def _ordered(world: World, spans: Sequence[Span], order: Order) -> list[Span]:
    if order.which in {"first", "last"}:
        return list(spans[:1] if order.which == "first" else spans[-1:])
    if order.anchor is None:
        raise ValueError(f"The order {order.which!r} needs an anchor.")
    anchors = spans_of(world, order.anchor)
    if len(anchors) != 1:
        raise ValueError(
            f"The anchor of {order.which!r} must be true once, not {len(anchors)} times."
        )
    if order.which == "after":
        return [span for span in spans if span.start >= anchors[0].end][:1]
    return [span for span in spans if span.end <= anchors[0].start][-1:]
