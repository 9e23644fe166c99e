"""make_world: a script from a seed."""

import itertools
import random
from collections.abc import Sequence
from dataclasses import replace

from grounder.span import Span
from scenetg.world.casting import Memory, cast, radius_of
from scenetg.world.choreography import LONGEST_WAY, Part, cut_up, meet, perform
from scenetg.world.level import LEVELS, Level
from scenetg.world.script import Actor, Background, Lettering, Remark, Scene, World
from scenetg.world.stage import Cell, divide
from scenetg.world.vocabulary import NUMBERS, OBJECTS, REMARKS, SPEAKERS, WORDS

REMARK_SECONDS = 2.5
REMARK_EVERY = 25.0
"""Seconds from one remark to the next, on average."""
FADE = 1.0
"""The longest dissolve, in seconds."""


def make_world(
    seed: int, length: float, *, level: str | Level = "medium", aspect: float = 1.0
) -> World:
    """Write the script of a video; the same arguments always give the same one.

    Args:
        seed: >= 0; it also decides the split (`seeds.split_of`).
        length: Seconds; rounded to the level's grid.
        level: A name in `LEVELS`, or dials of your own.
        aspect: Width over height of the pictures, in [0.25, 4].

    Raises:
        ValueError: no such level, a negative seed, a length below the shortest scene, or a bad aspect.
    """
    dials = _level(level)
    if seed < 0 or not 0.25 <= aspect <= 4:
        raise ValueError(f"Seed {seed} must be >= 0 and aspect {aspect} lie in [0.25, 4].")
    if not dials.scene_seconds[0] <= length < float("inf"):
        raise ValueError(
            f"A world cannot last {length} s: level {dials.name!r} needs {dials.scene_seconds[0]} s or more, and an end."
        )
    dice, memory = random.Random(f"world {seed}"), Memory()
    edges = _scene_edges(round(length / dials.grid), dials, dice)
    scenes = [
        _scene(start, end, dials, aspect, memory, dice) for start, end in itertools.pairwise(edges)
    ]
    duration = edges[-1] * dials.grid
    return World(
        seed,
        dials,
        duration,
        aspect,
        _with_dissolves(scenes, dials, dice),
        _remarks(duration, dice),
    )


def _level(level: str | Level) -> Level:
    if isinstance(level, Level):
        return level
    if level not in LEVELS:
        raise ValueError(f"No level is called {level!r}. Known: {', '.join(LEVELS)}.")
    return LEVELS[level]


def _scene_edges(steps: int, level: Level, dice: random.Random) -> list[int]:
    shortest, longest = (max(1, round(seconds / level.grid)) for seconds in level.scene_seconds)
    edges = [0]
    while steps - edges[-1] >= 2 * shortest:
        room = steps - edges[-1]
        length = dice.randint(shortest, longest)
        # What would leave a rest too short for a scene of its own ends the film, or is shortened.
        if room - length < shortest:
            length = room if room <= longest else room - shortest
        edges.append(edges[-1] + length)
    if edges[-1] < steps:
        edges.append(steps)
    return edges


def _scene(
    start: int, end: int, level: Level, aspect: float, memory: Memory, dice: random.Random
) -> Scene:
    # A cut to the same colour would hardly be one.
    tints = [tint for tint in level.tints if tint != memory.last_tint] or level.tints
    memory.last_tint = dice.choice(tints)
    background = Background(dice.choice(level.patterns), memory.last_tint, dice.randrange(2**31))
    letterings = _letterings(start, end, level, dice)
    count = dice.randint(*level.actors)
    cells = divide(count, aspect, band=bool(letterings), dice=dice)
    parts = [_part(cell, start, end, level, memory, dice) for cell in cells]
    actors = _meeting(parts, start, end, level, dice) or [
        Actor(part.thing, perform(part, level, dice)) for part in parts
    ]
    memory.remember(actors)
    return Scene(Span(start * level.grid, end * level.grid), background, tuple(actors), letterings)


def _part(
    cell: Cell, start: int, end: int, level: Level, memory: Memory, dice: random.Random
) -> Part:
    thing = cast(level, memory, dice)
    memory.last_scene.append(thing)
    first, last, comes, goes = _presence(start, end, level, dice)
    shortest = _shortest(level)
    most = level.phases + comes + goes
    edges = cut_up(first, last, most=most, shortest=shortest, dice=dice)
    comes, goes = comes and len(edges) > 2, goes and len(edges) > (3 if comes else 2)
    return Part(
        thing,
        cell,
        min(radius_of(thing, level, dice), cell.room * 0.44),
        _brisk(edges, level, comes=comes, goes=goes),
        comes=comes,
        goes=goes,
        done=frozenset(memory.done.get((thing.colour, thing.shape), ())),
    )


def _brisk(edges: tuple[int, ...], level: Level, *, comes: bool, goes: bool) -> tuple[int, ...]:
    """Shorten coming and going to what can be seen as a movement."""
    bounds, limit = list(edges), round(LONGEST_WAY / level.grid)
    if comes:
        bounds[1] = min(bounds[1], bounds[0] + limit)
    if goes:
        bounds[-2] = max(bounds[-2], bounds[-1] - limit)
    return tuple(bounds)


def _presence(
    start: int, end: int, level: Level, dice: random.Random
) -> tuple[int, int, bool, bool]:
    """Return when a shape is there, in grid steps, and whether it comes and goes visibly moving."""
    shortest = _shortest(level)
    free = end - start - 2 * shortest
    if dice.random() >= level.partial or free <= 0:
        return start, end, False, False
    late, early = dice.choice([(True, False), (False, True), (True, True)])
    first = start + (dice.randint(1, max(1, free // 2)) if late else 0)
    last = end - (dice.randint(1, max(1, free // 2)) if early else 0)
    if last - first < shortest:
        return start, end, False, False
    return first, last, late and dice.random() < 0.7, early and dice.random() < 0.7


def _meeting(
    parts: Sequence[Part], start: int, end: int, level: Level, dice: random.Random
) -> list[Actor] | None:
    """Return the actors of a scene in which the second-to-last goes to the last, or None."""
    wanted = len(parts) >= 2 and dice.random() < level.meeting
    if not wanted or "meets" not in level.actions or end - start < 3 * _shortest(level):
        return None
    shortest = _shortest(level)
    mover, partner = (
        replace(part, edges=cut_up(start, end, most=most, shortest=shortest, dice=dice))
        for part, most in zip(parts[:2], (3, 2), strict=True)
    )
    if _apart(mover.cell, partner.cell) or len(mover.edges) < 3:
        return None
    # The way is the second phase: it gives what it has too much of to the rest after it, or before it.
    rests = len(mover.edges) > 3
    limit = round(LONGEST_WAY / level.grid)
    bounds = list(mover.edges)
    bounds[2 if rests else 1] = (
        min(bounds[2], bounds[1] + limit) if rests else max(bounds[1], bounds[2] - limit)
    )
    phases = meet(replace(mover, edges=tuple(bounds)), partner, level, dice)
    if phases is None:
        return None
    pair = [Actor(mover.thing, phases[0]), Actor(partner.thing, phases[1])]
    return pair + [Actor(part.thing, perform(part, level, dice)) for part in parts[2:]]


def _apart(one: Cell, other: Cell) -> bool:
    """Tell whether two cells stand neither side by side nor one above the other."""
    beside = one.top == other.top and (one.right == other.left or one.left == other.right)
    above = one.left == other.left and (one.bottom == other.top or one.top == other.bottom)
    return not (beside or above)


def _letterings(start: int, end: int, level: Level, dice: random.Random) -> tuple[Lettering, ...]:
    if dice.random() >= level.lettering:
        return ()
    edges = cut_up(start, end, most=4, shortest=_shortest(level), dice=dice)
    spans = [Span(a * level.grid, b * level.grid) for a, b in itertools.pairwise(edges)]
    texts = (
        dice.sample(WORDS, len(spans)) if dice.random() < 0.6 else dice.sample(NUMBERS, len(spans))
    )
    # With several parts one stays empty, so that most letterings come or go inside the scene.
    empty = dice.randrange(len(spans)) if len(spans) > 1 else -1
    shown = [Lettering(span, text) for span, text in zip(spans, texts, strict=True)]
    return tuple(lettering for number, lettering in enumerate(shown) if number != empty)


def _with_dissolves(
    scenes: Sequence[Scene], level: Level, dice: random.Random
) -> tuple[Scene, ...]:
    return tuple(
        replace(scene, dissolve=min(FADE, level.phase_seconds / 2))
        if number and dice.random() < level.dissolve
        else scene
        for number, scene in enumerate(scenes)
    )


def _remarks(duration: float, dice: random.Random) -> tuple[Remark, ...]:
    remarks, time = [], dice.uniform(1, REMARK_EVERY)
    while time + REMARK_SECONDS < duration:
        start = round(time, 1)
        text = dice.choice(REMARKS).format(dice.choice(OBJECTS))
        remarks.append(Remark(Span(start, start + REMARK_SECONDS), dice.choice(SPEAKERS), text))
        time += REMARK_SECONDS + dice.uniform(5, 2 * REMARK_EVERY)
    return tuple(remarks)


def _shortest(level: Level) -> int:
    return max(1, round(level.phase_seconds / level.grid))
