"""Engine: who does the work; `local` does it in this process, or in several on this machine."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from multiprocessing.queues import SimpleQueue
from pathlib import Path

from grounder.errors import BackendError, IndexCorrupt, TranscriptError, VideoError, WhenwhatError
from scenetg.formats import Label
from training.evaluate.prediction import Prediction
from training.evaluate.specs import SystemSpec
from training.evaluate.systems import Setup, System, load_system
from training.evaluate.timing import Stopwatch

SAMPLE_ERRORS = (VideoError, TranscriptError, BackendError, IndexCorrupt, ValueError)
"""What is wrong with one video or query; anything else would hit all of them, and ends the run."""
GLANCE = 0.2
"""Seconds between two looks at what the workers have said."""


class EngineError(WhenwhatError):
    """A worker died; what the others and it had said is kept."""


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


def local(work: Work, jobs: Sequence[Job], *, workers: int = 1) -> Iterator[Prediction]:
    """Yield predictions made on this machine.

    Raises:
        WhenwhatError: the system cannot be loaded, or what is wrong concerns more than one query.
    """
    if workers > 1 and len(jobs) > 1:
        yield from _in_processes(work, jobs, min(workers, len(jobs)))
        return
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


def _in_processes(work: Work, jobs: Sequence[Job], workers: int) -> Iterator[Prediction]:
    # Fresh processes: a forked one inherits locks of threads that it does not have.
    context = multiprocessing.get_context("spawn")
    lines: SimpleQueue[Prediction] = context.SimpleQueue()
    with ProcessPoolExecutor(
        workers, mp_context=context, initializer=_begin, initargs=(lines,)
    ) as pool:
        pending = {pool.submit(_work, work, job) for job in jobs}
        try:
            while pending:
                done, pending = wait(pending, timeout=GLANCE, return_when=FIRST_COMPLETED)
                yield from _drained(lines)
                for future in done:
                    future.result()
        except BrokenProcessPool as error:
            raise EngineError(
                "A worker process died, perhaps for want of memory. What was said is kept: "
                "repeat the command, with fewer --workers if it dies again."
            ) from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _drained(lines: "SimpleQueue[Prediction]") -> Iterator[Prediction]:
    while not lines.empty():
        yield lines.get()


_lines: "list[SimpleQueue[Prediction]]" = []
_loaded: list[tuple[Work, System, Stopwatch]] = []


def _begin(lines: "SimpleQueue[Prediction]") -> None:
    """Begin a worker: remember where to say things."""
    _lines.append(lines)


def _work(work: Work, job: Job) -> None:
    """Do one job in a worker, which loads the system for its first."""
    if not _loaded:
        watch = Stopwatch()
        _loaded.append((work, load_system(work.spec, work.setup, watch), watch))
    _, system, watch = _loaded[0]
    for prediction in asked(system, job, watch):
        _lines[0].put(prediction)
