"""A witness who looks at the script moment by moment and knows nothing of how queries are answered.

What a shape does is judged by how it is drawn now and a moment later, not by the name of its action.
"""

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from grounder.span import Span
from scenetg.world.motion import drawn_at
from scenetg.world.query import Query
from scenetg.world.script import Actor, Phase, Scene, World
from scenetg.world.stage import extent

BLINK = 1e-3
STILL = 1e-9


@dataclass(frozen=True)
class Seen:
    colour: str
    shape: str
    size: str | None
    actions: frozenset[str]
    place: str | None
    partner: tuple[str, str] | None


@dataclass(frozen=True)
class Observation:
    pattern: str
    tint: str
    texts: frozenset[str]
    shapes: tuple[Seen, ...]


def look(world: World, time: float) -> Observation:
    (scene,) = [scene for scene in world.scenes if scene.span.start <= time < scene.span.end]
    return Observation(
        scene.background.pattern,
        scene.background.tint,
        frozenset(s.text for s in scene.letterings if s.span.start <= time < s.span.end),
        tuple(_shapes(world, scene, time)),
    )


def moments(world: World) -> Iterator[tuple[Span, Observation]]:
    """Yield small stretches and what is seen in the middle of each; nothing changes inside one."""
    step = world.level.grid / 2
    for number in range(round(world.duration / step)):
        span = Span(number * step, (number + 1) * step)
        yield span, look(world, span.centre)


def runs(stretches: list[tuple[Span, bool]]) -> list[Span]:
    """Join neighbouring stretches that are true."""
    found = []
    for true, group in itertools.groupby(stretches, key=lambda pair: pair[1]):
        spans = [span for span, _ in group]
        if true:
            found.append(Span(spans[0].start, spans[-1].end))
    return found


def true_spans(world: World, query: Query) -> list[Span]:
    spans = runs([(span, holds(query, seen)) for span, seen in moments(world)])
    if query.order is None:
        return spans
    if query.order.which == "first":
        return spans[:1]
    if query.order.which == "last":
        return spans[-1:]
    assert query.order.anchor is not None
    (anchor,) = true_spans(world, query.order.anchor)
    if query.order.which == "after":
        return [span for span in spans if span.start >= anchor.end][:1]
    return [span for span in spans if span.end <= anchor.start][-1:]


def holds(query: Query, seen: Observation) -> bool:
    if query.pattern is not None and query.pattern != seen.pattern:
        return False
    if query.tint is not None and query.tint != seen.tint:
        return False
    if query.text is not None and query.text not in seen.texts:
        return False
    fitting = [shape for shape in seen.shapes if fits(query, shape)]
    if query.about_a_shape and not fitting:
        return False
    if query.beside is None:
        return True
    beside = (query.beside.colour, query.beside.shape)
    return any(
        one is not other and (other.colour, other.shape) == beside
        for one in fitting
        for other in seen.shapes
    )


def fits(query: Query, shape: Seen) -> bool:
    wanted: list[tuple[object, Callable[[], bool]]] = [
        (query.colour, lambda: query.colour == shape.colour),
        (query.shape, lambda: query.shape == shape.shape),
        (query.size, lambda: query.size == shape.size),
        (query.action, lambda: query.action in shape.actions),
        (query.place, lambda: query.place == shape.place),
        (
            query.partner,
            lambda: (
                query.partner is not None
                and (query.partner.colour, query.partner.shape) == shape.partner
            ),
        ),
    ]
    return all(check() for value, check in wanted if value is not None)


def _shapes(world: World, scene: Scene, time: float) -> Iterator[Seen]:
    for actor in scene.actors:
        for phase in actor.phases:
            if phase.span.start <= time < phase.span.end:
                partner = _touched_at_the_end(scene, actor, phase)
                yield Seen(
                    actor.thing.colour,
                    actor.thing.shape,
                    actor.thing.size,
                    frozenset(_actions(world, phase, time, meets=partner is not None)),
                    _place(world, phase),
                    (partner.thing.colour, partner.thing.shape) if partner else None,
                )


def _actions(world: World, phase: Phase, time: float, *, meets: bool) -> Iterator[str]:
    now, later = drawn_at(phase, time), drawn_at(phase, time + BLINK)
    across, down = later.x - now.x, later.y - now.y
    if phase.action in {"shakes", "blinks", "spins"}:  # these come and go within a moment
        yield phase.action
        return
    if later.radius > now.radius + STILL:
        yield "grows"
    elif later.radius < now.radius - STILL:
        yield "shrinks"
    elif math.hypot(across, down) < STILL:
        yield "stays still"
    else:
        sideways = abs(across) > abs(down)
        yield f"moves {('right' if across > 0 else 'left') if sideways else ('down' if down > 0 else 'up')}"
        if side := _side_outside(world, phase.start.x, phase.start.y):
            yield f"enters from the {side}"
        if side := _side_outside(world, phase.end.x, phase.end.y):
            yield f"leaves to the {side}"
        if meets:
            yield "meets"


def _side_outside(world: World, x: float, y: float) -> str | None:
    """Return beyond which edge of the picture a centre lies."""
    width, height = extent(world.aspect)
    if 0 <= x <= width and 0 <= y <= height:
        return None
    if not 0 <= x <= width:
        return "left" if x < 0 else "right"
    return "top" if y < 0 else "bottom"


def _touched_at_the_end(scene: Scene, actor: Actor, phase: Phase) -> Actor | None:
    """Return the shape that a movement ends against."""
    if (phase.start.x, phase.start.y) == (phase.end.x, phase.end.y):
        return None
    for other in scene.actors:
        if other is actor:
            continue
        for theirs in other.phases:
            if theirs.span.start < phase.span.end <= theirs.span.end:
                gap = math.hypot(theirs.start.x - phase.end.x, theirs.start.y - phase.end.y)
                if abs(gap - theirs.start.radius - phase.end.radius) < 1e-9:
                    return other
    return None


def _place(world: World, phase: Phase) -> str | None:
    if (phase.start.x, phase.start.y) != (phase.end.x, phase.end.y):
        return None
    share = phase.start.x / extent(world.aspect)[0]
    if share < 0.38 or share > 0.62:
        return "left" if share < 0.38 else "right"
    return "middle" if 0.44 < share < 0.56 else None
