"""A worker process, as the one who hired it sees it: given a job, heard, and sent home."""

import signal
from collections.abc import Sequence
from multiprocessing import get_context
from multiprocessing.connection import wait
from typing import Any

from grounder.errors import WhenwhatError
from scenetg.engine.engine import Died, Done, Failed, Made, Report, Work
from scenetg.engine.worker import serve

_PATIENCE = 5.0
"""Seconds a worker has to end by itself."""


class Process:
    """One process with models of its own, and the job it is at."""

    def __init__(self, work: Work[Any, Any]) -> None:
        """Start it; it loads what the work needs."""
        # Fresh processes: a forked one inherits locks of threads that it does not have.
        context = get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.job: int | None = None
        self._process = context.Process(target=serve, args=(theirs, work), daemon=True)
        self._process.start()
        theirs.close()

    def assign(self, number: int, job: object) -> None:
        """Give it a job, told apart by its number."""
        self.job = number
        try:
            self.connection.send(job)
        except (BrokenPipeError, ConnectionResetError):
            return  # it has died: listening to it tells how

    def listen(self) -> Report[Any]:
        """Wait for its next report about the job it is at; after `Died` there is no process any more.

        Raises:
            WhenwhatError: the work cannot be done on any job.
        """
        job = self.job
        assert job is not None  # only those at work are listened to
        try:
            word, value = self.connection.recv()
        except (EOFError, ConnectionResetError):
            self.job = None
            return Died(job, self._obituary())
        if word == "piece":
            return Made(job, value)
        if word == "error":
            assert isinstance(value, WhenwhatError)  # so says `serve`
            raise value
        self.job = None
        return Done(job) if word == "done" else Failed(job, value, missing=word == "missing")

    def _obituary(self) -> str:
        self.connection.close()
        self._process.join(_PATIENCE)
        code = self._process.exitcode
        if code is not None and code < 0:
            return f"The process that looked at it was ended by {signal.Signals(-code).name}."
        return (
            f"The process that looked at it ended with exit code {code}; its own words are above."
        )

    def send_home(self) -> None:
        """Tell it to end; in the middle of a job it is ended."""
        if self.job is not None:
            self._process.terminate()
            return
        try:
            self.connection.send(None)
        except (BrokenPipeError, ConnectionResetError):
            return

    def see_off(self) -> None:
        """Wait until it has ended."""
        self.connection.close()
        self._process.join(_PATIENCE)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._process.close()


def ready(crew: Sequence[Process]) -> list[Process]:
    """Wait until one of those at work has something to say, and return all that have."""
    heard = wait([process.connection for process in crew if process.job is not None])
    return [process for process in crew if process.connection in heard]
