"""Which file is which video: content hashes, remembered by path, size and modification time."""

import os
from pathlib import Path

from grounder.errors import VideoError
from grounder.library.database import Database
from grounder.video.identity import content_hash


class Files:
    """The paths of one library. Renames, copies and two files of one name are told apart by content."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def identify(self, path: Path) -> str:
        """Return the video id of a file, hashing it only if it has not been seen as it is now.

        Raises:
            VideoError: there is no such file, its name is not UTF-8, or it changes while it is read.
        """
        path = path.resolve()
        name = _text(path)
        before = _stat(path)
        known = self._database.row(
            "SELECT video_id FROM paths WHERE path = ? AND size = ? AND mtime_ns = ?",
            (name, before.st_size, before.st_mtime_ns),
        )
        if known is not None:
            return str(known["video_id"])
        video_id = content_hash(path).removeprefix("sha256:")
        after = _stat(path)
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise VideoError(f"{path} changed while it was read. Wait until it is fully written.")
        with self._database.transaction() as connection:
            # Delete, then insert: the latest sighting has the highest rowid.
            connection.execute("DELETE FROM paths WHERE path = ?", (name,))
            connection.execute(
                "INSERT INTO paths (path, video_id, size, mtime_ns) VALUES (?, ?, ?, ?)",
                (name, video_id, after.st_size, after.st_mtime_ns),
            )
        return video_id

    def owner(self, path: Path) -> str | None:
        """Return the video last seen under a path, whether or not the file is still there."""
        row = self._database.row(
            "SELECT video_id FROM paths WHERE path = ?", (_text(path.resolve()),)
        )
        return None if row is None else str(row["video_id"])

    def paths(self, video_id: str) -> tuple[Path, ...]:
        """Return where a video was seen, the latest last."""
        rows = self._database.rows(
            "SELECT path FROM paths WHERE video_id = ? ORDER BY rowid", (video_id,)
        )
        return tuple(Path(row["path"]) for row in rows)


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


def _stat(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except OSError as error:
        raise VideoError(
            f"Cannot read {path}: {error.strerror}. Name an existing video file."
        ) from error
