"""Turns what the disk and SQLite say into one clear error."""

import errno
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Literal

from grounder.errors import IndexCorrupt, LibraryError, WhenwhatError

Trouble = Literal["full", "forbidden", "damaged", "held", "other"]
"""What is wrong with a folder: no space, no right, broken content, another process, or something else."""

_OF_SYSTEM: dict[int | None, Trouble] = {
    errno.ENOSPC: "full",
    errno.EDQUOT: "full",
    errno.EFBIG: "full",
    errno.EROFS: "forbidden",
    errno.EACCES: "forbidden",
    errno.EPERM: "forbidden",
}
_OF_SQLITE: dict[int, Trouble] = {
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_IOERR: "full",
    sqlite3.SQLITE_READONLY: "forbidden",
    sqlite3.SQLITE_CANTOPEN: "forbidden",
    sqlite3.SQLITE_PERM: "forbidden",
    sqlite3.SQLITE_CORRUPT: "damaged",
    sqlite3.SQLITE_NOTADB: "damaged",
    sqlite3.SQLITE_BUSY: "held",
    sqlite3.SQLITE_LOCKED: "held",
}


@contextmanager
def told_as(say: Callable[[Trouble, object], WhenwhatError]) -> Iterator[None]:
    """Raise what `say` makes of every way in which a folder can refuse a read or a write.

    Args:
        say: gets what is wrong, and the words of the disk or of SQLite.
    """
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        primary = code & 0xFF  # the low byte
        raise say(_OF_SQLITE.get(primary, "other"), error) from error
    except OSError as error:
        raise say(_OF_SYSTEM.get(error.errno, "other"), error.strerror) from error


def told_clearly(folder: Path) -> AbstractContextManager[None]:
    """Raise `LibraryError` for every way the library `folder` can refuse a read or a write."""
    return told_as(partial(_of_library, folder))


def _of_library(folder: Path, trouble: Trouble, words: object) -> LibraryError:
    if trouble == "full":
        return LibraryError(
            f"The library {folder} cannot be written: {words}. Most likely the disk or quota is full. "
            "Nothing is lost: free some space and run the same command again, it goes on where it stopped."
        )
    if trouble == "forbidden":
        return LibraryError(
            f"The library {folder} cannot be written by this user (read-only). Make it writable or "
            "name another folder with --library."
        )
    if trouble == "damaged":
        return IndexCorrupt(
            f"The database of the library {folder} is damaged ({words}). Move the folder away and "
            "index again, or name another one with --library."
        )
    if trouble == "held":
        return LibraryError(
            f"The library {folder} is held by another process ({words}). Wait for it and try again."
        )
    return LibraryError(
        f"The library {folder} cannot be used: {words}. Name another folder with --library."
    )
