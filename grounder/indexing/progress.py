"""How far indexing has come, told to whoever listens."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Stage = Literal["waiting", "keyframes", "full"]


@dataclass(frozen=True, slots=True)
class Progress:
    """A moment of an indexing run."""

    path: Path
    stage: Stage
    """`waiting`: another process indexes this video; `keyframes`: the first, coarse pass; `full`."""
    done: float
    """Seconds of video looked at, those of earlier runs included."""
    total: float
    """Seconds of video in all, as the container declares it."""
    rate: float
    """Seconds of video in one second of this run; 0 while unknown."""
    searchable: bool
    """The video can be searched already (by its keyframes)."""

    @property
    def remaining(self) -> float | None:
        """Seconds until this stage ends, None while unknown."""
        return max(0.0, self.total - self.done) / self.rate if self.rate > 0 else None


Listener = Callable[[Progress], None]


class Meter:
    """Measures one stage of one video and tells the listener, if there is one."""

    def __init__(
        self, listener: Listener | None, path: Path, stage: Stage, *, total: float, searchable: bool
    ) -> None:
        self._listener = listener
        self._path = path
        self._stage: Stage = stage
        self._total = total
        self._searchable = searchable
        self._began = time.monotonic()
        self._first: float | None = None

    def tell(self, done: float) -> None:
        """Report that everything before `done` seconds of video has been looked at."""
        if self._listener is None:
            return
        self._first = done if self._first is None else self._first
        passed = time.monotonic() - self._began
        rate = (done - self._first) / passed if passed > 0 else 0.0
        self._listener(Progress(self._path, self._stage, done, self._total, rate, self._searchable))
