"""An engine in the test's own process: the same reports, without the seconds that a process takes to start."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from grounder.errors import VideoError
from scenetg.engine import Done, Failed, Made, Report, Work

Job = TypeVar("Job")
Piece = TypeVar("Piece")


class InlineEngine:
    name = "inline"

    def run(self, work: Work[Job, Piece], jobs: Sequence[Job]) -> Iterator[Report[Piece]]:
        do = work.prepare() if jobs else None
        for number, job in enumerate(jobs):
            assert do is not None
            try:
                for piece in do(job):
                    yield Made(number, piece)
            except VideoError as error:
                yield Failed(number, str(error))
            else:
                yield Done(number)
