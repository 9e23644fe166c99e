"""Choreography: what one shape does during its time on screen, kept inside its cell of the stage."""

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from grounder.span import Span
from scenetg.world.level import Level
from scenetg.world.motion import HEADING_OF_SIDE, actions_of
from scenetg.world.script import Phase, Pose, Thing
from scenetg.world.stage import Cell
from scenetg.world.vocabulary import ENTERS, LEAVES, MEETS, ROUND, STATIONARY

GROWTH = 1.7
"""By how much a shape grows or shrinks."""
TRAVEL = 0.14
"""The least way of a move, in units of the short side: less would hardly be seen."""
LONGEST_WAY = 10.0
"""Seconds: a slower change of place or size would hardly be seen."""
CLEARANCE = 0.1
"""Part of the radius kept free to the cell's edge, so that neighbours are told apart."""

RESTFUL = ("stays still", "spins", "blinks")
"""What leaves both place and size as they are."""
ENDLESS = (*RESTFUL, "shakes")
"""What can go on for any time."""


@dataclass(frozen=True, slots=True)
class Part:
    """What the choreography of one shape is given."""

    thing: Thing
    cell: Cell
    radius: float
    edges: tuple[int, ...]
    """Bounds of its phases in grid steps, rising."""
    comes: bool = False
    """It enters during its first phase."""
    goes: bool = False
    """It leaves during its last phase."""
    done: frozenset[str] = frozenset()
    """Actions that its look has shown before: avoided while there are others."""


def perform(part: Part, level: Level, dice: random.Random) -> tuple[Phase, ...]:
    """Return the phases of a shape; what is true of one is not true of the next, room permitting."""
    pose = _somewhere(part, dice)
    phases: list[Phase] = []
    spans = _spans(part.edges, level)
    for number, span in enumerate(spans):
        taken = actions_of(phases[-1]) if phases else frozenset()
        if number == 0 and part.comes and (side := _way(ENTERS, part, taken, level, dice)):
            phases.append(Phase(span, f"enters from the {side}", _outside(pose, part, side), pose))
        elif (
            number == len(spans) - 1
            and part.goes
            and (side := _way(LEAVES, part, taken, level, dice))
        ):
            phases.append(Phase(span, f"leaves to the {side}", pose, _outside(pose, part, side)))
        else:
            phases.append(_act(span, pose, part, taken, level, dice))
            pose = phases[-1].end
    return tuple(phases)


def meet(
    mover: Part, partner: Part, level: Level, dice: random.Random
) -> tuple[tuple[Phase, ...], tuple[Phase, ...]] | None:
    """Return the phases of two neighbours, the first of which goes to the second and touches it.

    It goes straight across or straight down; None when the two are too close for a way to be seen.
    """
    here, there = _middle(mover), _middle(partner)
    reach = mover.radius + partner.radius
    if abs(there.x - here.x) >= abs(there.y - here.y):
        sign = 1.0 if there.x > here.x else -1.0
        here = replace(here, y=there.y)
        touching = replace(here, x=there.x - sign * reach)
        way = (touching.x - here.x) * sign
    else:
        sign = 1.0 if there.y > here.y else -1.0
        here = replace(here, x=there.x)
        touching = replace(here, y=there.y - sign * reach)
        way = (touching.y - here.y) * sign
    if way < TRAVEL:
        return None
    moving = 1 if len(mover.edges) > 2 else 0
    other = replace(partner.thing, size=None)
    phases: list[Phase] = []
    for number, span in enumerate(_spans(mover.edges, level)):
        if number == moving:
            phases.append(Phase(span, MEETS, here, touching, other))
        else:
            pose = here if number < moving else touching
            phases.append(_rest(span, pose, mover, phases, level, dice))
    waiting: list[Phase] = []
    for span in _spans(partner.edges, level):
        waiting.append(_rest(span, there, partner, waiting, level, dice))
    return tuple(phases), tuple(waiting)


def cut_up(
    start: int, end: int, *, most: int, shortest: int, dice: random.Random
) -> tuple[int, ...]:
    """Return rising bounds from `start` to `end` with 1 to `most` parts of at least `shortest` steps."""
    count = dice.randint(1, max(1, min(most, (end - start) // shortest)))
    slack = max(0, end - start - count * shortest)
    inner = sorted(dice.randint(0, slack) for _ in range(count - 1))
    return start, *(start + shortest * (n + 1) + extra for n, extra in enumerate(inner)), end


def _act(
    span: Span, pose: Pose, part: Part, taken: frozenset[str], level: Level, dice: random.Random
) -> Phase:
    ends = {
        action: end
        for action in level.actions
        if action not in taken
        and (span.duration <= LONGEST_WAY or action in ENDLESS)
        and (end := _end_of(action, pose, part, dice)) is not None
    }
    ends = ends or {"stays still": pose}
    fresh = [action for action in ends if action not in part.done]
    action = dice.choice(fresh or list(ends))
    return Phase(span, action, pose, ends[action])


def _rest(
    span: Span, pose: Pose, part: Part, before: Sequence[Phase], level: Level, dice: random.Random
) -> Phase:
    previous = before[-1].action if before else ""
    choices = [
        action
        for action in RESTFUL
        if action in level.actions and action != previous and _can_be_seen(action, part.thing)
    ]
    return Phase(span, dice.choice(choices or ["stays still"]), pose, pose)


def _end_of(action: str, pose: Pose, part: Part, dice: random.Random) -> Pose | None:
    """Return the pose that an action ends in, or None when there is no room for it."""
    if action.startswith("moves "):
        return _moved(action.removeprefix("moves "), pose, part, dice)
    if action == "grows":
        fits = part.thing.size is None and pose.radius * GROWTH <= _room_around(pose, part.cell)
        return replace(pose, radius=pose.radius * GROWTH) if fits else None
    if action == "shrinks":
        fits = part.thing.size is None and pose.radius >= part.radius
        return replace(pose, radius=pose.radius / GROWTH) if fits else None
    return pose if action in STATIONARY and _can_be_seen(action, part.thing) else None


def _moved(heading: str, pose: Pose, part: Part, dice: random.Random) -> Pose | None:
    cell, margin = part.cell, pose.radius * (1 + CLEARANCE)
    room = {
        "left": pose.x - margin - cell.left,
        "right": cell.right - margin - pose.x,
        "up": pose.y - margin - cell.top,
        "down": cell.bottom - margin - pose.y,
    }[heading]
    if room < TRAVEL:
        return None
    way = dice.uniform(max(TRAVEL, 0.75 * room), room)
    if heading in {"left", "right"}:
        return replace(pose, x=pose.x + (way if heading == "right" else -way))
    return replace(pose, y=pose.y + (way if heading == "down" else -way))


def _can_be_seen(action: str, thing: Thing) -> bool:
    return not (action == "spins" and thing.shape in ROUND)


def _way(
    actions: Sequence[str], part: Part, taken: frozenset[str], level: Level, dice: random.Random
) -> str | None:
    """Return a side to come from or go to, so that the movement does not merely go on."""
    sides = [
        side
        for action in actions
        if action in level.actions
        and (side := action.rpartition(" ")[2]) in part.cell.open_sides
        and f"moves {HEADING_OF_SIDE[side]}" not in taken
    ]
    return dice.choice(sides) if sides else None


def _outside(pose: Pose, part: Part, side: str) -> Pose:
    beyond = pose.radius * 0.85  # a sliver shows from the first moment to the last
    if side in {"left", "right"}:
        return replace(
            pose, x=part.cell.left - beyond if side == "left" else part.cell.right + beyond
        )
    return replace(pose, y=part.cell.top - beyond if side == "top" else part.cell.bottom + beyond)


def _somewhere(part: Part, dice: random.Random) -> Pose:
    cell, margin = part.cell, part.radius * (1 + CLEARANCE)
    x = _between(cell.left + margin, cell.right - margin, dice)
    y = _between(cell.top + margin, cell.bottom - margin, dice)
    return Pose(x, y, part.radius)


def _middle(part: Part) -> Pose:
    cell = part.cell
    return Pose((cell.left + cell.right) / 2, (cell.top + cell.bottom) / 2, part.radius)


def _between(low: float, high: float, dice: random.Random) -> float:
    """Prefer the ends: they leave room for a long way."""
    if low >= high:
        return (low + high) / 2
    return dice.choice((low, high)) if dice.random() < 0.5 else dice.uniform(low, high)


def _room_around(pose: Pose, cell: Cell) -> float:
    free = min(pose.x - cell.left, cell.right - pose.x, pose.y - cell.top, cell.bottom - pose.y)
    return free / (1 + CLEARANCE)


def _spans(edges: Sequence[int], level: Level) -> list[Span]:
    return [Span(a * level.grid, b * level.grid) for a, b in itertools.pairwise(edges)]
