"""Spread: an errand done by worker processes, here or in a Ray cluster, by the engines of `scenetg`."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic

from grounder.errors import EngineError, VideoMissing
from scenetg import engine as crews
from training.evaluate.engine import Engine, Errand, J, P, local


@contextmanager
def open_engine(
    name: str, workers: int, *, address: str | None = None, gpus: float = 0.0
) -> Iterator[Engine]:
    """Open what does the work; arguments and errors as `scenetg.engine.open_engine`.

    One local worker is this process: nothing is loaded twice.
    """
    with crews.open_engine(name, workers, address=address, gpus=gpus) as crew:
        yield local if name == "local" and workers == 1 else Spread(crew)


@dataclass(frozen=True, slots=True)
class Spread:
    """The workers of a crew, as an `Engine`.

    What is left of a video whose worker dies is done once more, by a worker that does nothing else; what is lost
    then is said to be lost, and is done again in the next run.
    """

    crew: crews.Engine

    def __call__(self, errand: Errand[J, P], jobs: Sequence[J]) -> Iterator[P]:
        """See `Engine`.

        Raises:
            EngineError: every worker dies before it says anything.
        """
        died: list[tuple[J, str]] = []
        silent = True
        for piece in self._try(errand, jobs, died):
            silent = False
            yield piece
        if silent and len(died) == len(jobs) > 1:
            raise EngineError(
                f"Every worker dies. {died[0][1]} Try fewer --workers, or smaller models."
            )
        for rest, _ in died:
            again: list[tuple[J, str]] = []
            yield from self._try(errand, [rest], again)
            for lost, message in again:
                yield from errand.lost(lost, EngineError(message))

    def _try(
        self, errand: Errand[J, P], jobs: Sequence[J], died: list[tuple[J, str]]
    ) -> Iterator[P]:
        """Yield the pieces; what is left of a job whose worker dies is added to `died`, with its message."""
        made: dict[int, list[P]] = {}
        for report in self.crew.run(Elsewhere(errand), jobs):
            if isinstance(report, crews.Made):
                made.setdefault(report.job, []).append(report.piece)
                yield report.piece
                continue
            job, said = jobs[report.job], made.pop(report.job, [])
            if isinstance(report, crews.Died) and (rest := errand.rest(job, said)) is not None:
                died.append((rest, report.message))
            elif isinstance(report, crews.Failed):
                yield from errand.lost(job, VideoMissing(report.message))


@dataclass(frozen=True, slots=True)
class Elsewhere(Generic[J, P]):
    """An errand as another process does it: that may not see a file that was seen here."""

    errand: Errand[J, P]

    def prepare(self) -> Callable[[J], Iterator[P]]:
        """Load what is needed; VideoMissing instead of a job whose file is not there any more."""
        do = self.errand.prepare()

        def seen(job: J) -> Iterator[P]:
            if job.file is not None and not job.file.is_file():
                raise VideoMissing(f"Cannot read {job.file}: it is not there.")
            return do(job)

        return seen
