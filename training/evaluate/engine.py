"""Engine: who does the work; `local` does it in this process, `spread` in others."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from grounder.errors import BackendError, IndexCorrupt, TranscriptError, VideoError
from scenetg.formats import Label
from training.evaluate.prediction import Prediction
from training.evaluate.specs import SystemSpec
from training.evaluate.systems import Setup, System, load_system
from training.evaluate.timing import Stopwatch

SAMPLE_ERRORS = (VideoError, TranscriptError, BackendError, IndexCorrupt, ValueError)
"""What is wrong with one video or query; anything else would hit all of them, and ends the run."""


@dataclass(frozen=True, slots=True)
class Job:
    """One video and the queries about it: it is opened once for all of them."""

    video: str
    file: Path | None
    """None: it is not there."""
    labels: tuple[Label, ...]

    def existing(self) -> Path:
        """Return the file; VideoError when it is not there."""
        if self.file is None:
            raise VideoError(f"The video {self.video} is not there.")
        return self.file


@dataclass(frozen=True, slots=True)
class Work:
    """What a worker must know to begin."""

    spec: SystemSpec
    setup: Setup


Engine = Callable[[Work, Sequence[Job]], Iterator[Prediction]]
"""Yields a prediction for every query, as they are made, in any order of videos."""


def local(work: Work, jobs: Sequence[Job]) -> Iterator[Prediction]:
    """Yield predictions made in this process.

    Raises:
        WhenwhatError: the system cannot be loaded, or what is wrong concerns more than one query.
    """
    watch = Stopwatch()
    system = load_system(work.spec, work.setup, watch)
    for job in jobs:
        yield from asked(system, job, watch)


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


def broken(label: Label, error: Exception) -> Prediction:
    """Return what is written for a query that could not be asked."""
    return Prediction(label.id, status="error", error=f"{type(error).__name__}: {error}")
