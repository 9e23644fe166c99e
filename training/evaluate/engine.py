"""Engine: who does the work; `local` does it in this process, `spread` in others."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from grounder.errors import BackendError, IndexCorrupt, TranscriptError, VideoError
from scenetg.formats import Label
from training.evaluate.prediction import Prediction
from training.evaluate.specs import SystemSpec
from training.evaluate.systems import Setup

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


J = TypeVar("J", bound=Job)
P = TypeVar("P")


class Errand(Protocol[J, P]):
    """What is done with each video, piece by piece; it can be sent to another process."""

    def prepare(self) -> Callable[[J], Iterator[P]]:
        """Load what is needed, once per process, and return what does one job.

        What is wrong with one video or query is a piece; any other error ends the run.
        """

    def rest(self, job: J, made: Sequence[P]) -> J | None:
        """Return what is left of a job after these pieces, None when that is nothing."""

    def lost(self, job: J, error: Exception) -> Iterator[P]:
        """Yield the pieces that say that a job could not be done."""


class Engine(Protocol):
    """Runs an errand."""

    def __call__(self, errand: Errand[J, P], jobs: Sequence[J]) -> Iterator[P]:
        """Yield all pieces of all jobs, as they are made, in any order of videos.

        Raises:
            WhenwhatError: what is needed cannot be loaded, or what is wrong concerns more than one query.
        """


def local(errand: Errand[J, P], jobs: Sequence[J]) -> Iterator[P]:
    """Do the jobs in this process, see `Engine`."""
    if not jobs:
        return
    do = errand.prepare()
    for job in jobs:
        yield from do(job)


def broken(label: Label, error: Exception) -> Prediction:
    """Return what is written for a query that could not be asked."""
    return Prediction(label.id, status="error", error=f"{type(error).__name__}: {error}")
