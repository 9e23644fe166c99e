"""Embeddings of one track as two flat files: `vectors.f16` (rows of dim) and `times.f64`.

SQLite says how many rows count. A write starts by cutting off whatever lies beyond them, so rows
that a killed process left behind are overwritten and never read.
"""

import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from grounder.errors import IndexCorrupt
from grounder.library.failures import told_clearly
from grounder.writing import sync


@dataclass(frozen=True, slots=True)
class Arrays:
    """The files of one track in `folder`; they exist from the first append on."""

    folder: Path
    dim: int

    @property
    def vectors_path(self) -> Path:
        """Little-endian float16, row after row."""
        return self.folder / "vectors.f16"

    @property
    def times_path(self) -> Path:
        """Little-endian float64 seconds, never decreasing."""
        return self.folder / "times.f64"

    def append(self, rows: int, vectors: NDArray[np.float32], times: Sequence[float]) -> int:
        """Write `vectors` (n, dim) and `times` (n) after the first `rows` rows, down to the disk.

        Returns:
            The CRC-32 of what was written, as `chunks.checksum` keeps it.

        Raises:
            IndexCorrupt: the files hold fewer than `rows` rows.
            LibraryError: the disk is full or may not be written.
        """
        vector_bytes = np.ascontiguousarray(vectors, dtype="<f2").tobytes()
        time_bytes = np.asarray(times, dtype="<f8").tobytes()
        with told_clearly(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            _write_at(self.vectors_path, rows * self.dim * 2, vector_bytes)
            _write_at(self.times_path, rows * 8, time_bytes)
            sync(self.folder)
        return zlib.crc32(time_bytes, zlib.crc32(vector_bytes))

    def read(self, rows: int) -> tuple[NDArray[np.float16], NDArray[np.float64]]:
        """Return the first `rows` rows: (rows, dim) vectors, memory-mapped, and (rows,) seconds.

        Raises:
            IndexCorrupt: the files hold fewer rows.
        """
        self._require(self.vectors_path, rows * self.dim * 2)
        self._require(self.times_path, rows * 8)
        if rows == 0:
            return np.empty((0, self.dim), np.float16), np.empty(0, np.float64)
        vectors = np.memmap(self.vectors_path, "<f2", "r", shape=(rows, self.dim))
        return vectors, np.fromfile(self.times_path, "<f8", rows)

    def check(self, ends: Sequence[int], checksums: Sequence[int]) -> None:
        """Compare each chunk, given by the row it ends at, with its checksum.

        Raises:
            IndexCorrupt: a chunk is shorter than SQLite says, or differs from what was written.
        """
        vectors, times = self.read(ends[-1] if ends else 0)
        start = 0
        for end, checksum in zip(ends, checksums, strict=True):
            found = zlib.crc32(vectors[start:end].data.cast("B") if end > start else b"")
            found = zlib.crc32(times[start:end].tobytes(), found)
            if found != checksum:
                raise IndexCorrupt(
                    f"{self.folder}: rows {start} to {end} are not what was written. {_REMEDY}"
                )
            start = end

    def _require(self, path: Path, size: int) -> None:
        found = path.stat().st_size if path.exists() else 0
        if found < size:
            raise IndexCorrupt(f"{path} holds {found} bytes, SQLite says {size}. {_REMEDY}")


_REMEDY = "Drop the video with `whenwhat rm` and index it again."


def _write_at(path: Path, offset: int, data: bytes) -> None:
    with path.open("ab") as file:
        if file.tell() < offset:
            raise IndexCorrupt(f"{path} holds {file.tell()} bytes, SQLite says {offset}. {_REMEDY}")
        file.truncate(offset)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
