"""Turns what the disk and SQLite say into one clear `LibraryError`."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grounder.errors import IndexCorrupt, LibraryError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EROFS, errno.EACCES, errno.EPERM}


@contextmanager
def told_clearly(folder: Path) -> Iterator[None]:
    """Raise `LibraryError` for every way the library `folder` can refuse a read or a write."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise _from_sqlite(error, folder) from error
    except OSError as error:
        raise _from_system(error, folder) from error


def _from_sqlite(error: sqlite3.DatabaseError, folder: Path) -> LibraryError:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # low byte: primary code
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return _full(folder, error)
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return read_only(folder)
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return IndexCorrupt(
            f"The database of the library {folder} is damaged ({error}). Move the folder away and "
            "index again, or name another one with --library."
        )
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return LibraryError(
            f"The library {folder} is held by another process ({error}). Wait for it and try again."
        )
    return LibraryError(f"The library {folder} failed: {error}.")


def _from_system(error: OSError, folder: Path) -> LibraryError:
    if error.errno in _FULL:
        return _full(folder, error)
    if error.errno in _FORBIDDEN:
        return read_only(folder)
    return LibraryError(
        f"The library {folder} cannot be used: {error.strerror}. Name another folder with --library."
    )


def _full(folder: Path, error: Exception) -> LibraryError:
    return LibraryError(
        f"The library {folder} cannot be written: {error}. Most likely the disk or quota is full. "
        "Nothing is lost: free some space and run the same command again, it goes on where it stopped."
    )


def read_only(folder: Path) -> LibraryError:
    """Return the error for a library that this user may not write to."""
    return LibraryError(
        f"The library {folder} cannot be written by this user (read-only). Make it writable or "
        "name another folder with --library."
    )
