"""Asking: the errand of a run: every query of a video is asked of one system."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from training.evaluate.engine import SAMPLE_ERRORS, Job, Work, broken
from training.evaluate.prediction import Prediction
from training.evaluate.systems import System, load_system
from training.evaluate.timing import Stopwatch


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks the queries of one video after the other; one prediction each (see `Errand`)."""

    work: Work

    def prepare(self) -> Callable[[Job], Iterator[Prediction]]:
        """Load the system."""
        watch = Stopwatch()
        system = load_system(self.work.spec, self.work.setup, watch)
        return lambda job: asked(system, job, watch)

    def rest(self, job: Job, made: Sequence[Prediction]) -> Job | None:
        """Return the queries without a prediction."""
        said = {one.qid for one in made}
        labels = tuple(label for label in job.labels if label.id not in said)
        return replace(job, labels=labels) if labels else None

    def lost(self, job: Job, error: Exception) -> Iterator[Prediction]:
        """Yield an error for each query."""
        return (broken(label, error) for label in job.labels)


def asked(system: System, job: Job, watch: Stopwatch) -> Iterator[Prediction]:
    """Yield a prediction for each query of a video; what goes wrong with one is its prediction."""
    watch.lap()
    said = 0
    try:
        with system.opened(job.existing() if system.looks else job.file) as ask:
            for label in job.labels:
                try:
                    prediction = ask(label)
                except SAMPLE_ERRORS as error:
                    prediction = broken(label, error)
                said += 1
                yield replace(prediction, seconds=watch.lap())
                watch.lap()  # what was done with it meanwhile is not its cost
    except SAMPLE_ERRORS as error:
        for label in job.labels[said:]:
            yield replace(broken(label, error), seconds=watch.lap())
