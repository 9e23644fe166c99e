"""Run: one going through of the line, with what every stage of it needs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from scenetg.line.order import Order, Show
from scenetg.line.throughput import Throughput, Work
from scenetg.stages import Stage
from scenetg.store.results import Results


@dataclass(frozen=True, slots=True)
class Run:
    """What the stages of one run share."""

    order: Order
    results: Results
    throughput: Throughput
    show: Show

    @contextmanager
    def stage(
        self, stage: Stage, *, total: float, unit: str = "videos"
    ) -> Iterator[tuple[Work, Callable[[float], None]]]:
        """Time a stage and show how far it is; yields what to count in, and `update(done)`."""
        with (
            self.throughput.stage(stage.name) as work,
            self.show(stage.name, total=total, unit=unit) as update,
        ):
            yield work, update
