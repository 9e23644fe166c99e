"""The script of a rendered world: pure data that says all that is ever seen, in seconds and places.

Places are in units of the picture's short side, from the top left corner: x in [0, width / short],
y in [0, height / short]; a radius of 0.5 fills the short side.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from grounder.span import Span

if TYPE_CHECKING:
    from grounder.video.decoder import Size
    from grounder.video.frames import Frames
    from scenetg.world.level import Level


@dataclass(frozen=True, slots=True)
class Thing:
    """How a shape looks."""

    colour: str
    shape: str
    size: str | None = None
    """`small` or `big`; None is in between, or changing, and is never called either."""


@dataclass(frozen=True, slots=True)
class Pose:
    """Where a shape is, in units of the short side."""

    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class Phase:
    """One thing that one shape does, from one pose to another."""

    span: Span
    action: str
    """One of `vocabulary.ACTIONS`."""
    start: Pose
    end: Pose
    partner: Thing | None = None
    """Whom it meets."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A shape and what it does; its phases follow one another without a gap."""

    thing: Thing
    phases: tuple[Phase, ...]

    @property
    def span(self) -> Span:
        """When it is on screen."""
        return Span(self.phases[0].span.start, self.phases[-1].span.end)


@dataclass(frozen=True, slots=True)
class Lettering:
    """A word or a number on screen."""

    span: Span
    text: str

    @property
    def kind(self) -> str:
        """`number` or `word`."""
        return "number" if self.text.isdigit() else "word"


@dataclass(frozen=True, slots=True)
class Background:
    """What stands behind the shapes of a scene."""

    pattern: str
    tint: str
    seed: int
    """Decides the scale and the grain of the texture."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A stretch between two cuts (or dissolves) in front of one background."""

    span: Span
    background: Background
    actors: tuple[Actor, ...]
    letterings: tuple[Lettering, ...] = ()
    dissolve: float = 0.0
    """Seconds over which it fades in, centred on its start; 0 is a cut. It counts from its start on."""


@dataclass(frozen=True, slots=True)
class Remark:
    """A line of dialogue; it is heard, not seen."""

    span: Span
    speaker: str
    text: str


@dataclass(frozen=True)
class World:
    """The whole script of one video."""

    seed: int
    level: "Level"
    duration: float
    """Seconds."""
    aspect: float
    """Width over height."""
    scenes: tuple[Scene, ...]
    """In order, end to end from 0 to `duration`."""
    remarks: tuple[Remark, ...] = ()

    @cached_property
    def starts(self) -> list[float]:
        """When each scene begins."""
        return [scene.span.start for scene in self.scenes]

    def scene_number(self, time: float) -> int:
        """Return the position in `scenes` of the one at `time`; times outside count as the nearest end."""
        return max(0, bisect_right(self.starts, time) - 1)

    def frames(self, times: Sequence[float], *, size: "Size | None" = None) -> "Frames":
        """Draw the pictures at `times` (rising); by default 64 pixels on the short side."""
        from scenetg.world.render import frames

        return frames(self, times, size=size)
