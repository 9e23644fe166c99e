"""Windows: which stretch of a long video a row is shown; drawn by seed, so that its place tells nothing.

Pure arithmetic: spans in, spans out.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from grounder.span import Span, merge

ROUNDING = 1e-6  # seconds
STEP = 0.01  # seconds: windows are cut at times that two decimals can tell


@dataclass(frozen=True, slots=True)
class Windows:
    """How windows are cut out of videos that are longer."""

    seconds: float
    """Length of a window; a shorter video is shown whole."""
    absent: float = 0.0
    """Share, in [0, 1], of rows that are shown a window without any of their moments, where there is room."""

    def __post_init__(self) -> None:
        if not (self.seconds > 0 and 0 <= self.absent <= 1):
            raise ValueError(
                f"seconds is {self.seconds} and absent {self.absent}; they must be above 0 and in [0, 1]"
            )

    def cut(self, spans: Sequence[Span], video: Span, dice: random.Random) -> Span | None:
        """Return the window of one row; None when no window holds any of its moments whole.

        A moment, drawn by `dice` where there are several, lies in the window at a place drawn evenly from all
        that the ends of the video leave free.

        Args:
            spans: everywhere the query is true; none: any window will do.
            video: the whole of it.
            dice: of this row alone, so that other rows change nothing.
        """
        if video.duration <= self.seconds:
            return video
        if not spans or dice.random() < self.absent:
            free = gaps(spans, video, self.seconds)
            if free:
                return _drawn(
                    [Span(gap.start, gap.end - self.seconds) for gap in free], dice, self.seconds
                )
        fitting = [span for span in spans if span.duration <= self.seconds + ROUNDING]
        if not fitting:
            return None
        span = dice.choice(fitting)
        first = max(video.start, span.end - self.seconds)
        last = min(span.start, video.end - self.seconds)
        return _window(dice.uniform(first, last), (first, last), self.seconds)


def gaps(spans: Sequence[Span], video: Span, seconds: float) -> list[Span]:
    """Return the stretches of a video, longer than `seconds`, in which none of the spans lies."""
    edges = [
        video.start,
        *(edge for span in merge(spans) for edge in (span.start, span.end)),
        video.end,
    ]
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return [Span(start, end) for start, end in pairs if end - start > seconds]


def _drawn(starts: Sequence[Span], dice: random.Random, seconds: float) -> Span:
    """Return a window that starts in one of some stretches, every moment of them alike likely."""
    stretch = dice.choices(starts, [one.duration for one in starts])[0]
    first = dice.uniform(stretch.start, stretch.end)
    return _window(first, (stretch.start, stretch.end), seconds)


def _window(start: float, allowed: tuple[float, float], seconds: float) -> Span:
    """Return the window whose start is rounded to `STEP`, as far as it may."""
    low, high = allowed
    rounded = min(max(round(start / STEP) * STEP, low), high)
    return Span(rounded, rounded + seconds)
