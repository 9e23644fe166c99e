"""Files that are written whole or not at all, whenever the process dies."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(destination: Path) -> Iterator[Path]:
    """Give a name beside `destination` to write to; put it in place, durably and at once, at the end.

    The name keeps the suffix, by which encoders choose a format. Whatever goes wrong inside leaves
    `destination` as it was; two processes may write the same one, and the last wins whole.
    """
    part = destination.with_name(f".{destination.stem}.{secrets.token_hex(4)}{destination.suffix}")
    try:
        yield part
        sync(part)
        part.replace(destination)
        sync(destination.parent)
    finally:
        part.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
