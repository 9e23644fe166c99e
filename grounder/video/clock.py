"""A stream's own ticks against seconds of the whole video."""

import math
from dataclasses import dataclass
from fractions import Fraction

from grounder.video.decoder import SAME_TIME


@dataclass(frozen=True, slots=True)
class Clock:
    """The stream's ticks (PTS) against seconds of the whole video, in whole numbers.

    Seconds are `(pts * numerator - shift) / denominator`: divided once, and so the float nearest
    to the true time; products of rounded factors would make 1.4000000000000001 of 1.4.
    """

    numerator: int
    denominator: int
    shift: int
    """The container's start on the stream's own clock, in seconds times `denominator`."""

    @classmethod
    def of(cls, tick: Fraction, origin: Fraction) -> "Clock":
        """Make the clock of a stream with ticks of `tick` seconds, whose time 0 is `origin`."""
        denominator = math.lcm(tick.denominator, origin.denominator)
        return cls(int(tick * denominator), denominator, int(origin * denominator))

    @property
    def origin(self) -> float:
        """The container's start on the stream's own clock, in seconds."""
        return self.shift / self.denominator

    def seconds(self, pts: int) -> float:
        """Return the time of a PTS."""
        return (pts * self.numerator - self.shift) / self.denominator

    def ticks(self, time: float) -> int:
        """Return the last PTS that is not later than `time`."""
        return math.floor(((time + SAME_TIME) * self.denominator + self.shift) / self.numerator)
