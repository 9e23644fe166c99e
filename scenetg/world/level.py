"""Level: the dials of difficulty of a rendered world, and the named settings of them."""

from dataclasses import dataclass

from scenetg.world.vocabulary import (
    ACTIONS,
    COLOURS,
    MEETS,
    MOVES,
    PATTERNS,
    SHAPES,
    SIZES,
    TINTS,
)


@dataclass(frozen=True, slots=True)
class Level:
    """How hard a world is; shares are probabilities in [0, 1]."""

    name: str
    grid: float = 0.5
    """Everything begins and ends on a multiple of this many seconds."""
    scene_seconds: tuple[float, float] = (6.0, 24.0)
    """Shortest and longest scene."""
    actors: tuple[int, int] = (1, 3)
    """Fewest and most shapes in a scene; at most 4."""
    phase_seconds: float = 2.0
    """The shortest time that anything lasts."""
    phases: int = 3
    """The most things that one shape does in one scene, coming and going not counted."""
    partial: float = 0.5
    """Share of shapes that come or go inside their scene: boundaries that are no cuts."""
    radii: tuple[float, float] = (0.09, 0.165)
    """Of a small and of a big shape."""
    colours: tuple[str, ...] = tuple(COLOURS)
    shapes: tuple[str, ...] = SHAPES
    sizes: tuple[str, ...] = SIZES
    """Empty: all shapes are between the two radii, and no size is ever named."""
    actions: tuple[str, ...] = ACTIONS
    patterns: tuple[str, ...] = PATTERNS
    tints: tuple[str, ...] = tuple(TINTS)
    near_miss: float = 0.4
    """Share of shapes that copy an earlier one but for one attribute."""
    recurring: float = 0.2
    """Share of shapes that look exactly like an earlier one, in another scene."""
    lettering: float = 0.4
    """Share of scenes with words or numbers on screen."""
    dissolve: float = 0.25
    """Share of scenes that fade in instead of cutting in."""
    meeting: float = 0.2
    """Share of scenes with two or more shapes in which one goes to meet another."""


LEVELS = {
    level.name: level
    for level in (
        Level(
            "nano",
            # Two pictures a second apart then show one thing: the unit in which Qwen-VL models see time.
            grid=2.0,
            scene_seconds=(4.0, 12.0),
            actors=(1, 1),
            phases=1,
            partial=0.0,
            radii=(0.2, 0.3),
            colours=("red", "green", "blue", "yellow", "white", "purple"),
            shapes=("circle", "square", "triangle", "cross", "ring"),
            sizes=(),
            actions=("stays still", *MOVES),
            patterns=("plain",),
            near_miss=0.3,
            recurring=0.0,
            lettering=0.0,
            dissolve=0.0,
            meeting=0.0,
        ),
        Level(
            "easy",
            scene_seconds=(5.0, 15.0),
            actors=(1, 1),
            phases=2,
            radii=(0.16, 0.26),
            sizes=(),
            actions=tuple(action for action in ACTIONS if action != MEETS),
            patterns=("plain", "striped", "checkered"),
            near_miss=0.3,
            recurring=0.1,
            lettering=0.2,
            dissolve=0.0,
            meeting=0.0,
        ),
        Level("medium"),
        Level(
            "hard",
            scene_seconds=(10.0, 60.0),
            actors=(2, 4),
            phases=5,
            partial=0.8,
            near_miss=0.7,
            recurring=0.4,
            lettering=0.5,
            dissolve=0.4,
            meeting=0.4,
        ),
    )
}
"""From the name of a level to its dials; change one with `dataclasses.replace`."""
