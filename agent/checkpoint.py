"""Where a run is kept while it goes on, so that a killed one resumes at the node it was in.

One SQLite file; values are strict msgpack of plain dicts, lists, strings and numbers: nothing that is
read back can name a class, and there is no pickle.
"""

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from grounder.errors import WhenwhatError

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
    from langgraph.checkpoint.sqlite import SqliteSaver

FILE = "runs.sqlite"
KEPT_RUNS = 200
"""Older runs are forgotten when a new one starts."""
PATIENCE = 30.0
"""Seconds to wait for another process that writes."""


class RunError(WhenwhatError):
    """A run cannot be resumed."""


@contextmanager
def open_run(
    folder: Path | None, resume: str | None
) -> "Iterator[tuple[BaseCheckpointSaver[str], str]]":
    """Open where runs are kept and name the run: `resume` (an id, or `last`), or a fresh id.

    Args:
        folder: made when missing; None keeps the run in memory, for this call only.
        resume: the run to go on with.

    Raises:
        RunError: the file cannot be used, or there is nothing to resume.
    """
    if folder is None:
        if resume is not None:
            raise RunError(f"Run {resume} cannot be resumed: runs are not kept here.")
        from langgraph.checkpoint.memory import InMemorySaver

        yield InMemorySaver(serde=strict_serializer()), fresh_id()
        return
    with _opened(folder) as saver:
        if resume is None:
            forget_old_runs(saver)
        yield saver, _named(saver, resume)


def strict_serializer() -> "JsonPlusSerializer":
    """Return msgpack that reads plain values and a short list of safe standard types, nothing else."""
    from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

    return JsonPlusSerializer(allowed_msgpack_modules=None, allowed_json_modules=None)


def fresh_id() -> str:
    """Return an id short enough to type."""
    return secrets.token_hex(4)


@contextmanager
def _opened(folder: Path) -> "Iterator[SqliteSaver]":
    from langgraph.checkpoint.sqlite import SqliteSaver

    path = folder / FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, check_same_thread=False, timeout=PATIENCE)
    except (OSError, sqlite3.Error) as error:
        raise _unwritable(path, error) from error
    with closing(connection):
        saver = SqliteSaver(connection, serde=strict_serializer())
        try:
            saver.setup()
            yield saver
        except sqlite3.OperationalError as error:
            raise _unwritable(path, error) from error
        except sqlite3.DatabaseError as error:
            raise _damaged(path, error) from error


def _named(saver: "SqliteSaver", resume: str | None) -> str:
    if resume is None:
        return fresh_id()
    if resume != "last":
        return resume
    if (newest := newest_run(saver)) is None:
        raise RunError("No run is kept, so there is no last one. Leave out --resume.")
    return newest


def forget_old_runs(saver: "SqliteSaver", *, keep: int = KEPT_RUNS) -> None:
    """Delete all but the `keep` newest runs."""
    with saver.cursor() as cursor:
        # Checkpoint ids are UUIDv6: they sort by time.
        cursor.execute(
            "SELECT thread_id FROM checkpoints GROUP BY thread_id ORDER BY MAX(checkpoint_id) DESC"
        )
        runs = [str(row[0]) for row in cursor.fetchall()]
    for run in runs[keep:]:
        saver.delete_thread(run)


def newest_run(saver: "SqliteSaver") -> str | None:
    """Return the id of the run that was active last, or None."""
    with saver.cursor(transaction=False) as cursor:
        cursor.execute("SELECT thread_id FROM checkpoints ORDER BY checkpoint_id DESC LIMIT 1")
        row = cursor.fetchone()
    return str(row[0]) if row else None


def _unwritable(path: Path, error: Exception) -> RunError:
    return RunError(
        f"Runs cannot be kept in {path}: {error}. Free some space, make the folder writable or wait "
        "for the process that holds it, then repeat the command; indexes are not touched."
    )


def _damaged(path: Path, error: Exception) -> RunError:
    return RunError(
        f"The runs in {path} cannot be used: {error}. Delete the file (unfinished runs are lost, "
        "indexes are not); it is made anew."
    )
