"""LocalEngine: processes on this machine, each with models of its own; one that dies costs one job."""

import os
from collections.abc import Iterator, Sequence
from typing import TypeVar

from scenetg.engine.engine import Died, Report, Work
from scenetg.engine.process import Process, ready

Job = TypeVar("Job")
Piece = TypeVar("Piece")


class LocalEngine:
    """Processes on this machine (see `Engine`)."""

    name = "local"

    def __init__(self, workers: int = 1) -> None:
        """Use `workers` processes, of one core each (the decoder's own threads aside).

        Raises:
            ValueError: there must be one at least.
        """
        if workers < 1:
            raise ValueError(f"{workers} workers do no work. Ask for 1 or more.")
        self.workers = workers

    def run(self, work: Work[Job, Piece], jobs: Sequence[Job]) -> Iterator[Report[Piece]]:
        """See `Engine.run`."""
        waiting = list(range(len(jobs)))[::-1]
        crew: list[Process] = []
        try:
            while waiting or any(process.job is not None for process in crew):
                while waiting and len(crew) < min(self.workers, len(jobs)):
                    crew.append(Process(work))
                for process in crew:
                    if process.job is None and waiting:
                        number = waiting.pop()
                        process.assign(number, jobs[number])
                for process in ready(crew):
                    report = process.listen()
                    if isinstance(report, Died):
                        crew.remove(process)
                    yield report
        finally:
            for process in crew:
                process.send_home()
            for process in crew:
                process.see_off()


def cores() -> int:
    """Return how many processes can run at once on this machine."""
    return len(os.sched_getaffinity(0))
