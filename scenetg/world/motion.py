"""Motion: where a shape is at any moment of a phase, and everything that can truly be said of it."""

import math
from dataclasses import dataclass

from scenetg.world.script import Phase, Pose
from scenetg.world.vocabulary import MEETS

# Rates that no usual sampling rate (0.5, 1, 2, 5 a second) turns into a standstill, whatever the shape.
TURNS_PER_SECOND = 0.31
BLINK_PERIOD = 0.7
SHAKES_PER_SECOND = 1.37
SHAKE = 0.05
"""How far a shaking shape goes to each side, in units of the short side."""
DIMMED = 0.3
"""Opacity in the dark half of a blink: faint, still there."""

HEADING_OF_SIDE = {"left": "left", "right": "right", "top": "up", "bottom": "down"}
OPPOSITE = {"left": "right", "right": "left", "top": "bottom", "bottom": "top"}


@dataclass(frozen=True, slots=True)
class Drawn:
    """How a shape is to be drawn at one moment."""

    x: float
    y: float
    radius: float
    angle: float
    """Radians, clockwise as seen."""
    opacity: float


def drawn_at(phase: Phase, time: float) -> Drawn:
    """Return how a shape looks at `time`; before and after the phase it keeps the nearest pose."""
    elapsed = min(max(time - phase.span.start, 0.0), phase.span.duration)
    part = elapsed / phase.span.duration
    x, y, radius = (
        first + (last - first) * part
        for first, last in (
            (phase.start.x, phase.end.x),
            (phase.start.y, phase.end.y),
            (phase.start.radius, phase.end.radius),
        )
    )
    angle, opacity = 0.0, 1.0
    if phase.action == "spins":
        angle = math.tau * TURNS_PER_SECOND * elapsed
    elif phase.action == "shakes":
        x += SHAKE * math.sin(math.tau * SHAKES_PER_SECOND * elapsed)
    elif phase.action == "blinks" and elapsed % BLINK_PERIOD < BLINK_PERIOD / 2:
        opacity = DIMMED
    return Drawn(x, y, radius, angle, opacity)


def actions_of(phase: Phase) -> frozenset[str]:
    """Return every action that is true of a phase: what enters from the left also moves right."""
    verb, _, side = phase.action.rpartition(" ")
    if verb == "enters from the":
        heading = HEADING_OF_SIDE[OPPOSITE[side]]
        return frozenset({phase.action, f"moves {heading}"})
    if verb == "leaves to the":
        return frozenset({phase.action, f"moves {HEADING_OF_SIDE[side]}"})
    if phase.action == MEETS:
        return frozenset({MEETS, f"moves {_heading(phase.start, phase.end)}"})
    return frozenset({phase.action})


def place_of(phase: Phase, aspect: float) -> str | None:
    """Return `left`, `middle` or `right` for a shape that stays in its place, None where it is unclear."""
    if (phase.start.x, phase.start.y) != (phase.end.x, phase.end.y):
        return None
    across = phase.start.x / max(1.0, aspect)
    if across < 0.38:
        return "left"
    if across > 0.62:
        return "right"
    return "middle" if 0.44 < across < 0.56 else None


def _heading(start: Pose, end: Pose) -> str:
    across, down = end.x - start.x, end.y - start.y
    if abs(across) >= abs(down):
        return "right" if across > 0 else "left"
    return "down" if down > 0 else "up"
