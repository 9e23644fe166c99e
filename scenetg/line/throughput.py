"""Throughput: hours of video per hour, stage by stage, of what a run really did."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(slots=True)
class Work:
    """What a run did in one stage."""

    stage: str
    videos: int = 0
    """Those that were not done before."""
    hours: float = 0.0
    """Of video."""
    busy: float = 0.0
    """Seconds of work, added up over processes."""
    wall: float = 0.0
    """Seconds that passed."""

    def count(self, seconds: float, busy: float, *, videos: int = 1) -> None:
        """Add seconds of video that were worked on, and how long that took."""
        self.videos += videos
        self.hours += seconds / 3600
        self.busy += busy

    @property
    def rate(self) -> float | None:
        """Hours of video per hour that passed; None when nothing was done."""
        return self.hours * 3600 / self.wall if self.hours and self.wall > 0 else None


class Throughput:
    """Adds up what a run did."""

    def __init__(self) -> None:
        self.stages: list[Work] = []

    @contextmanager
    def stage(self, name: str) -> Iterator[Work]:
        """Time a stage; the caller counts what it does."""
        work = Work(name)
        self.stages.append(work)
        began = time.perf_counter()
        try:
            yield work
        finally:
            work.wall = time.perf_counter() - began

    def table(self) -> list[dict[str, Any]]:
        """Return a JSON object for each stage."""
        return [
            {
                **{name: _rounded(value) for name, value in asdict(work).items()},
                "hours_per_hour": _rounded(work.rate),
            }
            for work in self.stages
        ]


def _rounded(value: str | float | None) -> str | float | None:
    return round(value, 4) if isinstance(value, float) else value
