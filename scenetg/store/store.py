"""Store: what has been done for a dataset, committed as it is made; the folder has one user at a time."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Never

from grounder.errors import BuildError, VideoError
from grounder.library.lock import exclusive
from grounder.video.identity import content_hash
from scenetg.store.database import Database, told_clearly
from scenetg.store.passes import Passes

LOCK = "work.lock"


@dataclass(frozen=True, slots=True)
class Result:
    """What a stage came to for one video."""

    digest: str
    """Hash of `value`: equal results have equal ones."""
    value: Mapping[str, Any]
    """JSON object."""
    seconds: float
    """How long it took to make."""


class Store:
    """The work on one dataset; open it with `open_store`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.folder = database.folder
        self.passes = Passes(database)

    def identify(self, path: Path) -> str:
        """Return the hex SHA-256 of a file, reading it only if it has not been seen as it is now.

        Raises:
            VideoError: it cannot be read, changes meanwhile, or its name is not UTF-8.
        """
        name, before = _text(path), _state(path)
        known = self._database.row(
            "SELECT video_id FROM files WHERE path = ? AND size = ? AND mtime_ns = ?",
            (name, *before),
        )
        if known is not None:
            return str(known["video_id"])
        video_id = content_hash(path).removeprefix("sha256:")
        if _state(path) != before:
            raise VideoError(f"{path} changed while it was read. Wait until it is fully written.")
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", (name, video_id, *before)
            )
        return video_id

    def videos(self, stage: str) -> dict[str, str]:
        """Return a path of every video that a stage has been done for in any run, by id."""
        rows = self._database.rows(
            """SELECT video_id, MIN(path) AS path FROM results JOIN files USING (video_id)
               WHERE stage = ? GROUP BY video_id ORDER BY path""",
            (stage,),
        )
        return {row["video_id"]: row["path"] for row in rows}

    def result(self, video_id: str, stage: str, key: str) -> Result | None:
        """Return the result under `key`; None when there is none, or one of other settings."""
        row = self._database.row(
            "SELECT digest, result, seconds FROM results WHERE video_id = ? AND stage = ? AND key = ?",
            (video_id, stage, key),
        )
        if row is None:
            return None
        return Result(row["digest"], json.loads(row["result"]), row["seconds"])

    def put(
        self, video_id: str, stage: str, key: str, value: Mapping[str, Any], *, seconds: float
    ) -> Result:
        """Store a result in the place of any other of the same stage and video."""
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        digest = hashlib.sha256(text.encode()).hexdigest()
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?)",
                (video_id, stage, key, digest, seconds, text),
            )
            connection.execute(
                "DELETE FROM failures WHERE video_id = ? AND stage = ?", (video_id, stage)
            )
        return Result(digest, json.loads(text), seconds)

    def quarantine(self, video_id: str, stage: str, key: str, reason: str) -> None:
        """Note that a stage cannot be done for a video."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO failures VALUES (?, ?, ?, ?)",
                (video_id, stage, key, reason),
            )

    def failure(self, video_id: str, stage: str, key: str) -> str | None:
        """Return why the stage could not be done for the video under this key."""
        row = self._database.row(
            "SELECT reason FROM failures WHERE video_id = ? AND stage = ? AND key = ?",
            (video_id, stage, key),
        )
        return None if row is None else str(row["reason"])

    def release_all(self) -> None:
        """Forget every failure, so that what failed is tried again."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM failures")


@contextmanager
def open_store(folder: Path) -> Iterator[Store]:
    """Open the store of a dataset, made when missing; nobody else can meanwhile.

    Raises:
        BuildError: the folder cannot be used, or another process uses it.
    """
    with told_clearly(folder):
        folder.mkdir(parents=True, exist_ok=True)

    def refuse() -> Never:
        raise BuildError(
            f"Another process is building the dataset in {folder}. Wait for it, or name another "
            "folder with --out."
        )

    with exclusive(folder / LOCK, waiting=refuse):
        database = Database(folder)
        try:
            yield Store(database)
        finally:
            database.close()


def _state(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError as error:
        raise VideoError(
            f"Cannot read {path}: {error.strerror}. Name an existing video."
        ) from error
    if not os.access(path, os.R_OK):
        raise VideoError(f"Cannot read {path}: permission denied. Make it readable.")
    return status.st_size, status.st_mtime_ns


def _text(path: Path) -> str:
    """Return the path as text; SQLite and JSON hold nothing but UTF-8."""
    text = str(path)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise VideoError(
            f"The name {text!a} is not UTF-8. Rename the file or its folder."
        ) from error
    return text
