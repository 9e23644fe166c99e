"""LocalEngine: processes on this machine, each with models of its own; one that dies costs one job."""

import os
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from grounder.errors import WhenwhatError
from scenetg.engine.engine import Died, Done, Failed, Made, Report, Work
from scenetg.engine.worker import serve

Job = TypeVar("Job")
Piece = TypeVar("Piece")

_PATIENCE = 5.0
"""Seconds a worker has to end by itself."""


@dataclass(slots=True)
class _Worker:
    """A process, and the job it is at."""

    process: BaseProcess
    connection: Connection
    job: int | None = None


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
        crew: list[_Worker] = []
        try:
            while waiting or any(worker.job is not None for worker in crew):
                while waiting and len(crew) < min(self.workers, len(jobs)):
                    crew.append(_hire(work))
                for worker in crew:
                    if worker.job is None and waiting:
                        _assign(worker, waiting.pop(), jobs)
                yield from _listen(crew)
        finally:
            _dismiss(crew)


def _hire(work: Work[Any, Any]) -> _Worker:
    # Fresh processes: a forked one inherits locks of threads that it does not have.
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs, work), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours)


def _assign(worker: _Worker, job: int, jobs: Sequence[Any]) -> None:
    worker.job = job
    try:
        worker.connection.send(jobs[job])
    except (BrokenPipeError, ConnectionResetError):
        return  # it has died: listening to it tells how


def _listen(crew: list[_Worker]) -> Iterator[Report[Any]]:
    """Yield one report of each worker that has something to say; who died leaves the crew."""
    ready = wait([worker.connection for worker in crew if worker.job is not None])
    for worker in [worker for worker in crew if worker.connection in ready]:
        assert worker.job is not None  # only those at work are listened to
        try:
            word, value = worker.connection.recv()
        except (EOFError, ConnectionResetError):
            crew.remove(worker)
            yield Died(worker.job, _obituary(worker))
            continue
        yield from _report(worker, word, value)


def _report(worker: _Worker, word: str, value: Any) -> Iterator[Report[Any]]:
    job = worker.job
    assert job is not None  # as above
    if word == "piece":
        yield Made(job, value)
        return
    if word == "error":
        assert isinstance(value, WhenwhatError)  # so says `serve`
        raise value
    worker.job = None
    yield Failed(job, value) if word == "failed" else Done(job)


def _obituary(worker: _Worker) -> str:
    worker.connection.close()
    worker.process.join(_PATIENCE)
    code = worker.process.exitcode
    if code is not None and code < 0:
        return f"The process that looked at it was ended by {signal.Signals(-code).name}."
    return f"The process that looked at it ended with exit code {code}; its own words are above."


def _dismiss(crew: Sequence[_Worker]) -> None:
    for worker in crew:
        if worker.job is None and worker.process.is_alive():
            _send_home(worker)
        else:
            worker.process.terminate()
    for worker in crew:
        worker.connection.close()
        worker.process.join(_PATIENCE)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()
        worker.process.close()


def _send_home(worker: _Worker) -> None:
    try:
        worker.connection.send(None)
    except (BrokenPipeError, ConnectionResetError):
        return


def cores() -> int:
    """Return how many processes can run at once on this machine."""
    return len(os.sched_getaffinity(0))
