"""The SQLite file of a library: opened, migrated, and spoken to in transactions."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from grounder.errors import LibraryError
from grounder.library.failures import told_clearly
from grounder.library.lock import exclusive
from grounder.library.schema import MIGRATIONS, VERSION

Value: TypeAlias = str | int | float | None

DATABASE = "library.sqlite"
_BUSY_SECONDS = 30.0


class Database:
    """One connection, usable from any thread; writes of several processes take turns."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._thread_lock = threading.RLock()
        with told_clearly(folder):
            folder.mkdir(parents=True, exist_ok=True)
            # Going to WAL and migrating do not honour the busy timeout: one process at a time.
            with exclusive(folder / "locks" / "schema.lock"):
                self._connection = _connect(folder / DATABASE)
                _migrate(self._connection, folder)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Run a write: all of it is stored or nothing is."""
        with self._thread_lock, told_clearly(self.folder):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            finally:
                # A failed COMMIT, too, leaves the transaction open; a full disk may have ended it.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    def rows(self, query: str, values: Sequence[Value] = ()) -> list[sqlite3.Row]:
        """Return all rows of a SELECT."""
        with self._thread_lock, told_clearly(self.folder):
            return self._connection.execute(query, values).fetchall()

    def row(self, query: str, values: Sequence[Value] = ()) -> sqlite3.Row | None:
        """Return the first row of a SELECT, or None."""
        found = self.rows(query, values)
        return found[0] if found else None

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _migrate(connection: sqlite3.Connection, folder: Path) -> None:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise LibraryError(
            f"The library {folder} was made by a newer whenwhat (schema {version}; this one knows "
            f"up to {VERSION}). Upgrade whenwhat, or name another folder with --library."
        )
    for step in range(version, VERSION):
        connection.execute("BEGIN IMMEDIATE")
        for statement in MIGRATIONS[step]:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {step + 1}")
        connection.execute("COMMIT")
