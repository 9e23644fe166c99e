"""A run spread over worker processes, here or in a Ray cluster, by the engines of `scenetg`."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

from grounder.errors import EngineError
from scenetg import engine as crews
from training.evaluate.engine import Engine, Job, Work, asked, broken, local
from training.evaluate.prediction import Prediction
from training.evaluate.systems import load_system
from training.evaluate.timing import Stopwatch


@contextmanager
def open_engine(
    name: str, workers: int, *, address: str | None = None, gpus: float = 0.0
) -> Iterator[Engine]:
    """Open what does the work; arguments and errors as `scenetg.engine.open_engine`.

    One local worker is this process: nothing is loaded twice.
    """
    with crews.open_engine(name, workers, address=address, gpus=gpus) as crew:
        yield local if name == "local" and workers == 1 else partial(spread, crew=crew)


def spread(work: Work, jobs: Sequence[Job], *, crew: crews.Engine) -> Iterator[Prediction]:
    """Yield predictions made by the workers of an engine.

    The queries of a video whose worker dies are asked once more, by a worker that does nothing else; what is lost
    then has a prediction of status `error`, and is asked again in the next run.

    Raises:
        EngineError: every worker dies before it says anything.
        WhenwhatError: the system cannot be loaded, or what is wrong concerns more than one query.
    """
    said: set[str] = set()
    died: list[crews.Died] = []
    for report in crew.run(Asking(work), jobs):
        if isinstance(report, crews.Made):
            said.add(report.piece.qid)
            yield report.piece
        elif isinstance(report, crews.Died):
            died.append(report)
    if len(died) == len(jobs) > 1 and not said:
        raise EngineError(
            f"Every worker dies. {died[0].message} Try fewer --workers, or smaller models."
        )
    for death in died:
        yield from _once_more(work, _without(jobs[death.job], said), crew)


@dataclass(frozen=True, slots=True)
class Asking:
    """The work of a process: asks the queries of one video after the other."""

    work: Work

    def prepare(self) -> Callable[[Job], Iterator[Prediction]]:
        """Load the system and return what asks the queries of a video."""
        watch = Stopwatch()
        system = load_system(self.work.spec, self.work.setup, watch)
        return lambda job: asked(system, job, watch)


def _once_more(work: Work, job: Job, crew: crews.Engine) -> Iterator[Prediction]:
    said: set[str] = set()
    for report in crew.run(Asking(work), [job]):
        if isinstance(report, crews.Made):
            said.add(report.piece.qid)
            yield report.piece
        elif isinstance(report, crews.Died):
            for label in _without(job, said).labels:
                yield broken(label, EngineError(report.message))


def _without(job: Job, said: set[str]) -> Job:
    return replace(job, labels=tuple(label for label in job.labels if label.id not in said))
