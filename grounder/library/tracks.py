"""Visual tracks in SQLite and on disk: begun, grown chunk by chunk, finished, removed."""

import json
import re
import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from grounder.library.arrays import Arrays
from grounder.library.database import Database, Value
from grounder.library.failures import told_clearly
from grounder.library.rows import Chunk, Ending, Plan, TrackRow, plan_of
from grounder.span import Span
from grounder.video.decoder import VideoFacts

_SELECT = """
    SELECT tracks.*, COALESCE(last.rows, 0) AS rows, COALESCE(last.end_time, 0.0) AS end_time,
           COALESCE(last.settled, 0.0) AS settled, COALESCE(last.number + 1, 0) AS chunks
    FROM tracks LEFT JOIN chunks AS last ON last.track_id = tracks.id
         AND last.number = (SELECT MAX(number) FROM chunks WHERE track_id = tracks.id)
"""


class Tracks:
    """All visual tracks of one library."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._folder = database.folder / "embeddings"

    def of_video(self, video_id: str) -> list[TrackRow]:
        """Return the tracks of one video, the oldest first."""
        return self._select("WHERE tracks.video_id = ? ORDER BY tracks.id", video_id)

    def all(self) -> list[TrackRow]:
        """Return every track, the oldest first."""
        return self._select("ORDER BY tracks.id")

    def find(self, video_id: str, plan: Plan) -> TrackRow | None:
        """Return the track made to exactly this plan, done or not."""
        return next((track for track in self.of_video(video_id) if track.plan == plan), None)

    def arrays(self, track: TrackRow) -> Arrays:
        """Return where the embeddings of `track` are."""
        slug = re.sub(r"[^A-Za-z0-9.-]+", "-", track.plan.encoder)[:60].strip("-.")
        return Arrays(self._folder / track.video_id / f"{track.track_id}-{slug}", track.plan.dim)

    def admit(self, video_id: str, facts: VideoFacts) -> None:
        """Enter a video; nothing changes when it is known."""
        with self._database.transaction() as connection:
            _insert_video(connection, video_id, facts)

    def begin(self, video_id: str, plan: Plan, versions: dict[str, str]) -> TrackRow:
        """Return the unfinished track of this plan for an admitted video, made when missing.

        One that other versions of the parts began is dropped: its two halves would not match.
        """
        track = self.find(video_id, plan)
        if track is not None and not track.done and track.versions != versions:
            self.drop([track])
            track = None
        if track is None:
            with self._database.transaction() as connection:
                _insert_track(connection, video_id, plan, versions)
            track = self.find(video_id, plan)
        assert track is not None  # the caller holds the video's lock
        return track

    def commit(
        self,
        track: TrackRow,
        chunk: Chunk,
        vectors: NDArray[np.float32],
        *,
        ending: Ending | None = None,
    ) -> TrackRow:
        """Store one chunk: first its vectors (n, dim), down to the disk, then the row that counts them.

        With `ending` the track is done, and a full one replaces all others that its encoder made.
        """
        checksum = self.arrays(track).append(track.rows, vectors, chunk.times)
        rows = track.rows + len(vectors)
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT INTO cuts VALUES (?, ?)", [(track.track_id, cut) for cut in chunk.cuts]
            )
            connection.execute(
                "INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?)",
                (track.track_id, track.chunks, chunk.end_time, rows, chunk.settled, checksum),
            )
            if ending is not None:
                _store_ending(connection, track, ending)
        if ending is not None and track.plan.kind == "full":
            self._drop_rivals(track)
        return self._select("WHERE tracks.id = ?", track.track_id)[0]

    def _drop_rivals(self, track: TrackRow) -> None:
        rivals = [
            other
            for other in self.of_video(track.video_id)
            if other.plan.encoder == track.plan.encoder and other.track_id != track.track_id
        ]
        self.drop(rivals)

    def check(self, track: TrackRow) -> None:
        """Compare the stored embeddings with their checksums.

        Raises:
            IndexCorrupt: they are not what was written.
        """
        rows = self._database.rows(
            "SELECT rows, checksum FROM chunks WHERE track_id = ? ORDER BY number",
            (track.track_id,),
        )
        self.arrays(track).check([row["rows"] for row in rows], [row["checksum"] for row in rows])

    def cuts(self, track: TrackRow) -> list[float]:
        """Return the stored cuts in seconds, rising."""
        rows = self._database.rows(
            "SELECT time FROM cuts WHERE track_id = ? ORDER BY time", (track.track_id,)
        )
        return [row["time"] for row in rows]

    def scenes(self, track: TrackRow) -> tuple[Span, ...]:
        """Return the stored scenes in order."""
        rows = self._database.rows(
            "SELECT start, end FROM scenes WHERE track_id = ? ORDER BY start", (track.track_id,)
        )
        return tuple(Span(row["start"], row["end"]) for row in rows)

    def store_scenes(self, track: TrackRow, scenes: Sequence[Span]) -> None:
        """Replace the scenes of a track."""
        with self._database.transaction() as connection:
            _store_scenes(connection, track.track_id, scenes)

    def drop(self, tracks: Sequence[TrackRow]) -> None:
        """Forget tracks, then delete their files."""
        with self._database.transaction() as connection:
            connection.executemany(
                "DELETE FROM tracks WHERE id = ?", [(track.track_id,) for track in tracks]
            )
        for track in tracks:
            _remove(self.arrays(track).folder)

    def sweep(self, video_id: str) -> None:
        """Delete files that no track of the video owns: a process died between the two steps of `drop`."""
        owned = {self.arrays(track).folder for track in self.of_video(video_id)}
        folder = self._folder / video_id
        for found in set(folder.iterdir() if folder.exists() else ()) - owned:
            _remove(found)

    def _select(self, condition: str, *values: Value) -> list[TrackRow]:
        return [_track_of(row) for row in self._database.rows(_SELECT + condition, values)]


def _remove(folder: Path) -> None:
    with told_clearly(folder):
        if folder.exists():
            shutil.rmtree(folder)


def _insert_video(connection: sqlite3.Connection, video_id: str, facts: VideoFacts) -> None:
    connection.execute(
        "INSERT OR IGNORE INTO videos VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            video_id,
            facts.duration,
            facts.duration,
            facts.size.width,
            facts.size.height,
            facts.frame_rate,
            facts.codec,
            facts.container,
            facts.has_audio,
        ),
    )


def _insert_track(
    connection: sqlite3.Connection, video_id: str, plan: Plan, versions: dict[str, str]
) -> None:
    connection.execute(
        """INSERT INTO tracks (video_id, kind, encoder, dim, rate, detector, decoder, versions)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            video_id,
            plan.kind,
            plan.encoder,
            plan.dim,
            plan.rate,
            plan.detector,
            plan.decoder,
            json.dumps(versions),
        ),
    )


def _store_ending(connection: sqlite3.Connection, track: TrackRow, ending: Ending) -> None:
    connection.execute(
        "UPDATE tracks SET done = 1, warnings = ? WHERE id = ?",
        (json.dumps(ending.warnings), track.track_id),
    )
    connection.execute(
        "UPDATE videos SET usable_end = ? WHERE id = ?", (ending.usable_end, track.video_id)
    )
    _store_scenes(connection, track.track_id, ending.scenes)


def _store_scenes(connection: sqlite3.Connection, track_id: int, scenes: Sequence[Span]) -> None:
    connection.execute("DELETE FROM scenes WHERE track_id = ?", (track_id,))
    connection.executemany(
        "INSERT INTO scenes VALUES (?, ?, ?)",
        [(track_id, scene.start, scene.end) for scene in scenes],
    )


def _track_of(row: sqlite3.Row) -> TrackRow:
    return TrackRow(
        track_id=row["id"],
        video_id=row["video_id"],
        plan=plan_of(row),
        done=bool(row["done"]),
        rows=row["rows"],
        end_time=row["end_time"],
        settled=row["settled"],
        chunks=row["chunks"],
        warnings=tuple(json.loads(row["warnings"])),
        versions=json.loads(row["versions"]),
    )
