"""A rendered world: videos of any length whose every event is known, because a script makes them.

`make_world` writes the script, `World.frames` and `write_video` show it, `rows` says what is true of it.
"""

from scenetg.world.level import LEVELS, Level
from scenetg.world.make import make_world
from scenetg.world.rows import Wanted, rows
from scenetg.world.script import World
from scenetg.world.seeds import SPLITS, seed_at, seeds_of, split_of

__all__ = [
    "LEVELS",
    "SPLITS",
    "Level",
    "Wanted",
    "World",
    "make_world",
    "rows",
    "seed_at",
    "seeds_of",
    "split_of",
]
