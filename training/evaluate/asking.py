"""Asking: the errand of a run: every query of a video is asked of one system."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from scenetg.formats import Label
from training.evaluate.engine import SAMPLE_ERRORS, Job, Work, broken
from training.evaluate.prediction import Prediction
from training.evaluate.systems import Ask, System, load_system
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
            while said < len(job.labels):
                for prediction in _together(ask, job.labels[said : said + system.at_once], watch):
                    said += 1
                    yield prediction
                watch.lap()  # what was done with them meanwhile is not their cost
    except SAMPLE_ERRORS as error:
        for label in job.labels[said:]:
            yield replace(broken(label, error), seconds=watch.lap())


def _together(ask: Ask, labels: Sequence[Label], watch: Stopwatch) -> list[Prediction]:
    """Return what is said to queries that are asked in one call."""
    try:
        said = ask(labels)
    except SAMPLE_ERRORS as error:
        if len(labels) > 1:
            # One that cannot be asked, or a memory too small for all of them, must not cost the others.
            return [one for label in labels for one in _together(ask, [label], watch)]
        said = [broken(labels[0], error)]
    seconds = watch.lap().share(len(said))
    return [replace(prediction, seconds=seconds) for prediction in said]
