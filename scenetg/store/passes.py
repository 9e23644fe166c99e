"""Decoding passes as they are stored: chunk by chunk, so that a killed one goes on after its last chunk."""

import hashlib
import json
import math
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from grounder.encoders.encoder import UnitVectors
from scenetg.store.database import Database
from scenetg.visual.shots import Ending, Piece, Resume


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """All that a finished pass has stored."""

    ending: Ending
    cuts: tuple[float, ...]
    """Seconds, rising."""
    times: NDArray[np.float64]
    """(n,) seconds."""
    vectors: UnitVectors
    """(n, dim)."""
    seconds: float
    """How long the looking took."""

    @property
    def digest(self) -> str:
        """Hash of the pictures' times and vectors."""
        stored = self.times.tobytes() + self.vectors.astype(np.float16).tobytes()
        return hashlib.sha256(stored).hexdigest()


class Passes:
    """The passes of one dataset: one for each video, and perhaps a newer one that is not done yet."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def resume(self, video_id: str, key: str, versions: Mapping[str, str]) -> Resume:
        """Return where the pass under `key` stands; it begins when there is none.

        One that other versions of the packages began is dropped: its two halves would not match.
        """
        told = json.dumps(versions, sort_keys=True)
        row = self._row(video_id, key)
        if row is not None and row["versions"] != told:
            self._drop(row["id"])
            row = None
        if row is None:
            with self._database.transaction() as connection:
                connection.execute(
                    "INSERT INTO passes (video_id, key, versions) VALUES (?, ?, ?)",
                    (video_id, key, told),
                )
            return Resume()
        return self._standing(row["id"])

    def add(self, video_id: str, key: str, piece: Piece) -> None:
        """Store a piece of the pass that `resume` began; the last one drops all other passes of the video."""
        row = self._row(video_id, key)
        assert row is not None  # `resume` comes first
        number = self._standing(row["id"]).chunks
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (row["id"], number, *_columns(piece)),
            )
            if piece.ending is not None:
                connection.execute(
                    "UPDATE passes SET ending = ? WHERE id = ?",
                    (json.dumps(asdict(piece.ending)), row["id"]),
                )
                connection.execute(
                    "DELETE FROM passes WHERE video_id = ? AND id != ?", (video_id, row["id"])
                )

    def read(self, video_id: str, key: str) -> Seen | None:
        """Return all that a pass has stored; None while it has not come to its end."""
        row = self._row(video_id, key)
        if row is None or row["ending"] is None:
            return None
        rows = self._database.rows(
            "SELECT * FROM chunks WHERE pass_id = ? ORDER BY number", (row["id"],)
        )
        times = [np.frombuffer(row["times"], np.float64) for row in rows]
        vectors = [
            np.frombuffer(row["vectors"], np.float16).reshape(len(part), -1)
            for row, part in zip(rows, times, strict=True)
            if len(part)
        ]
        cuts = [np.frombuffer(row["cuts"], np.float64) for row in rows]
        told = json.loads(row["ending"])
        return Seen(
            Ending(told["duration"], tuple(told["warnings"])),
            tuple(np.concatenate(cuts).tolist()),
            np.concatenate(times),
            np.concatenate(vectors).astype(np.float32),
            math.fsum(row["seconds"] for row in rows),
        )

    def _row(self, video_id: str, key: str) -> sqlite3.Row | None:
        return self._database.row(
            "SELECT id, versions, ending FROM passes WHERE video_id = ? AND key = ?",
            (video_id, key),
        )

    def _drop(self, pass_id: int) -> None:
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM passes WHERE id = ?", (pass_id,))

    def _standing(self, pass_id: int) -> Resume:
        rows = self._database.rows(
            """SELECT number, end_time, settled, length(times) / 8 AS count FROM chunks
               WHERE pass_id = ? ORDER BY number""",
            (pass_id,),
        )
        if not rows:
            return Resume()
        last = self._database.rows(
            """SELECT times FROM chunks WHERE pass_id = ? AND length(times) > 0
               ORDER BY number DESC LIMIT 1""",
            (pass_id,),
        )
        return Resume(
            chunks=len(rows),
            rows=sum(row["count"] for row in rows),
            end_time=rows[-1]["end_time"],
            settled=rows[-1]["settled"],
            last_time=float(np.frombuffer(last[0]["times"], np.float64)[-1]) if last else -math.inf,
        )


def _columns(piece: Piece) -> tuple[float, float, float, bytes, bytes, bytes]:
    chunk = piece.chunk
    return (
        chunk.end_time,
        chunk.settled,
        piece.seconds,
        np.array(chunk.cuts, np.float64).tobytes(),
        np.array(chunk.times, np.float64).tobytes(),
        piece.vectors.tobytes(),
    )
