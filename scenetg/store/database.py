"""The SQLite file in which the work on a dataset is kept; what goes wrong with it becomes one clear error."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import TypeAlias

from grounder.errors import BuildError
from grounder.library.failures import Trouble, told_as

Value: TypeAlias = str | int | float | bytes | None

FILE = "work.sqlite"
VERSION = 1
"""Of the tables below."""

TABLES = (
    """CREATE TABLE files (
        path TEXT PRIMARY KEY,          -- absolute
        video_id TEXT NOT NULL,         -- hex SHA-256 of what is in it
        size INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE results (
        video_id TEXT NOT NULL,         -- '*': of all videos together
        stage TEXT NOT NULL,
        key TEXT NOT NULL,              -- hash of all that the result depends on (scenetg.stages)
        digest TEXT NOT NULL,           -- hash of the result
        seconds REAL NOT NULL,          -- how long it took to make
        result TEXT NOT NULL,           -- JSON
        PRIMARY KEY (video_id, stage)
    ) STRICT""",
    """CREATE TABLE failures (
        video_id TEXT NOT NULL,
        stage TEXT NOT NULL,
        key TEXT NOT NULL,
        reason TEXT NOT NULL,
        PRIMARY KEY (video_id, stage)
    ) STRICT""",
    """CREATE TABLE passes (
        id INTEGER PRIMARY KEY,
        video_id TEXT NOT NULL,
        key TEXT NOT NULL,
        versions TEXT NOT NULL,         -- JSON object: package -> version
        ending TEXT,                    -- JSON object; NULL until the video has been read to its end
        UNIQUE (video_id, key)
    ) STRICT""",
    """CREATE TABLE chunks (
        pass_id INTEGER NOT NULL REFERENCES passes (id) ON DELETE CASCADE,
        number INTEGER NOT NULL,
        end_time REAL NOT NULL,         -- seconds; everything before it is stored
        settled REAL NOT NULL,          -- seconds; cuts before it are final and stored
        seconds REAL NOT NULL,          -- how long it took to look at
        cuts BLOB NOT NULL,             -- float64, seconds
        times BLOB NOT NULL,            -- float64, seconds of each picture
        vectors BLOB NOT NULL,          -- float16, one row for each picture
        PRIMARY KEY (pass_id, number)
    ) STRICT""",
)


class Database:
    """One connection; a dataset has one writer (see `scenetg.store.store.Store.open`)."""

    def __init__(self, folder: Path) -> None:
        """Open the file in `folder`, made when missing.

        Raises:
            BuildError: it cannot be used.
        """
        self.folder = folder
        with told_clearly(folder):
            self._connection = sqlite3.connect(folder / FILE, isolation_level=None)
            self._connection.row_factory = sqlite3.Row
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.execute("PRAGMA foreign_keys = ON")
        self._make_tables()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Run a write: all of it is stored or nothing is."""
        with told_clearly(self.folder):
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
        with told_clearly(self.folder):
            return self._connection.execute(query, values).fetchall()

    def row(self, query: str, values: Sequence[Value] = ()) -> sqlite3.Row | None:
        """Return the first row of a SELECT, or None."""
        found = self.rows(query, values)
        return found[0] if found else None

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _make_tables(self) -> None:
        with self.transaction() as connection:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, VERSION):
                raise BuildError(
                    f"The work in {self.folder} was begun by another version of whenwhat (tables "
                    f"{version}; this one has {VERSION}). Use that version, or another folder."
                )
            if version == 0:
                for table in TABLES:
                    connection.execute(table)
                connection.execute(f"PRAGMA user_version = {VERSION}")


def told_clearly(folder: Path) -> AbstractContextManager[None]:
    """Raise `BuildError` for every way the folder of a dataset can refuse a read or a write."""
    return told_as(partial(_of_dataset, folder))


def _of_dataset(folder: Path, trouble: Trouble, words: object) -> BuildError:
    if trouble == "full":
        return BuildError(
            f"{folder} cannot be written: {words}. Most likely the disk or quota is full. Nothing is lost: "
            "free some space and run the same command again, it goes on where it stopped."
        )
    if trouble == "forbidden":
        return BuildError(
            f"{folder} cannot be written by this user. Make it writable, or name another folder with --out."
        )
    if trouble == "damaged":
        return BuildError(
            f"{folder / FILE} is damaged ({words}). Move it away and run the command again: the work "
            "is done anew, replies of models are kept beside it."
        )
    return BuildError(f"{folder} cannot be used: {words}. Name another folder with --out.")
