"""Subtitle lines in SQLite, one set for each sidecar file or embedded stream of a video."""

import json
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from grounder.encoders.encoder import UnitVectors
from grounder.library.database import Database
from grounder.span import Span
from grounder.transcript import Line, Transcript


@dataclass(frozen=True, slots=True)
class Source:
    """Where lines came from, as it was when they were read."""

    name: str
    """Absolute path of a sidecar, or `stream:N`."""
    size: int
    """Bytes; 0 for a stream, which the video's hash already covers."""
    mtime_ns: int


class Transcripts:
    """The transcripts of every video of one library."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def sources(self, video_id: str) -> set[Source]:
        """Return what has been read for a video, unreadable ones included."""
        rows = self._database.rows(
            "SELECT source, size, mtime_ns FROM transcripts WHERE video_id = ?", (video_id,)
        )
        return {Source(row["source"], row["size"], row["mtime_ns"]) for row in rows}

    def store(
        self,
        video_id: str,
        source: Source,
        transcript: Transcript,
        *,
        vectors: UnitVectors,
        encoder: str,
    ) -> None:
        """Replace what is stored of one source; `vectors` (n, dim) are `encoder`'s, one a line."""
        with self._database.transaction() as connection:
            connection.execute(
                "DELETE FROM transcripts WHERE video_id = ? AND source = ?", (video_id, source.name)
            )
            key = connection.execute(
                """INSERT INTO transcripts
                   (video_id, source, size, mtime_ns, warnings, encoder, vectors)
                   VALUES (?, ?, ?, ?, ?, ?, ?)""",
                (
                    video_id,
                    source.name,
                    source.size,
                    source.mtime_ns,
                    json.dumps(transcript.warnings),
                    encoder,
                    vectors.astype("<f2").tobytes(),
                ),
            ).lastrowid
            connection.executemany(
                "INSERT INTO lines VALUES (?, ?, ?, ?, ?)",
                [
                    (key, number, line.span.start, line.span.end, line.text)
                    for number, line in enumerate(transcript.lines)
                ],
            )

    def forget(self, video_id: str, sources: Collection[Source]) -> None:
        """Drop sources that are gone."""
        with self._database.transaction() as connection:
            connection.executemany(
                "DELETE FROM transcripts WHERE video_id = ? AND source = ?",
                [(video_id, source.name) for source in sources],
            )

    def lines(self, video_id: str) -> list[Line]:
        """Return the lines of all sources, source by source, each in the order of time."""
        rows = self._database.rows(
            """SELECT start, end, text FROM lines JOIN transcripts ON transcripts.id = transcript_id
               WHERE video_id = ? ORDER BY source, number""",
            (video_id,),
        )
        return [Line(Span(row["start"], row["end"]), row["text"]) for row in rows]

    def vectors(self, video_id: str, encoder: str) -> UnitVectors | None:
        """Return the vectors (n, dim) of `lines`, or None if `encoder` did not make them all."""
        rows = self._database.rows(
            """SELECT encoder, vectors, (SELECT COUNT(*) FROM lines WHERE transcript_id = id) AS count
               FROM transcripts WHERE video_id = ? ORDER BY source""",
            (video_id,),
        )
        spoken = [row for row in rows if row["count"]]
        if not spoken or any(row["encoder"] != encoder for row in spoken):
            return None
        parts = [np.frombuffer(row["vectors"], "<f2").reshape(row["count"], -1) for row in spoken]
        vectors: UnitVectors = np.concatenate(parts).astype(np.float32)
        return vectors

    def warnings(self, video_id: str) -> list[str]:
        """Return what was wrong with the sources, for the user."""
        rows = self._database.rows(
            "SELECT warnings FROM transcripts WHERE video_id = ? ORDER BY source", (video_id,)
        )
        return [warning for row in rows for warning in json.loads(row["warnings"])]
