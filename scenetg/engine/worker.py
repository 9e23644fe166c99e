"""A worker process: prepares once, then does the jobs it is sent and tells every piece at once."""

import os
import signal
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import Any

from grounder.errors import VideoError, VideoMissing, WhenwhatError
from scenetg.engine.engine import Work


def serve(connection: Connection, work: Work[Any, Any]) -> None:
    """Do jobs until the connection ends or None comes.

    Sends `("piece", piece)`, `("done", None)`, `("failed", message)`, `("missing", message)` and
    `("error", WhenwhatError)`. Anything else that goes wrong ends the process with its traceback: the parent sees that it died.
    """
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C reaches the whole group; the parent decides
    # One core each: the last digits of a sum must not depend on how many workers share the machine.
    os.environ["OMP_NUM_THREADS"] = "1"
    try:
        _serve(connection, work)
    except (BrokenPipeError, EOFError, ConnectionResetError):
        return  # the parent is gone


def _serve(connection: Connection, work: Work[Any, Any]) -> None:
    try:
        do = work.prepare()
    except WhenwhatError as error:
        connection.send(("error", error))
        return
    while (job := connection.recv()) is not None:
        connection.send(_finish(connection, do, job))


def _finish(
    connection: Connection, do: Callable[[Any], Iterator[Any]], job: object
) -> tuple[str, object]:
    """Do one job, telling its pieces; return the last word about it."""
    try:
        for piece in do(job):
            connection.send(("piece", piece))
    except VideoMissing as error:
        return "missing", str(error)
    except VideoError as error:
        return "failed", str(error)
    except WhenwhatError as error:
        return "error", error
    return "done", None
