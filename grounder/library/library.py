"""Library: a folder of indexes. SQLite is the truth, arrays hold the vectors, FAISS files are a cache."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from grounder.encoders.encoder import Encoder
from grounder.errors import EncoderMismatch, IndexCorrupt, IndexMissing, LibraryError
from grounder.library.database import DATABASE, Database
from grounder.library.files import Files
from grounder.library.indexed import IndexedVideo
from grounder.library.lock import exclusive
from grounder.library.neighbours import Hit, Neighbours, source_of
from grounder.library.rows import TrackRow, VideoRow
from grounder.library.sentences import SentenceEncoder
from grounder.library.tracks import Tracks
from grounder.library.transcripts import Transcripts
from grounder.search import TextTrack, Track, VisualTrack
from grounder.video.decoder import Size

_SHORTEST_PREFIX = 4


class Library:
    """An opened library; close it or use it in a `with` statement. Any number of processes may share one."""

    def __init__(self, database: Database) -> None:
        self.folder = database.folder
        self.files = Files(database)
        self.tracks = Tracks(database)
        self.transcripts = Transcripts(database)
        self._database = database
        self._neighbours: dict[str, Neighbours] = {}

    @classmethod
    def open(cls, folder: Path | None = None, *, create: bool = True) -> "Library":
        """Open the library in `folder` (default: in the user's cache directory), made when missing.

        Raises:
            IndexMissing: there is none, and `create` is False.
            LibraryError: it cannot be written, or a newer whenwhat made it.
            IndexCorrupt: its database is damaged.
        """
        if folder is None:
            from platformdirs import user_cache_path

            folder = user_cache_path("whenwhat") / "library"
        if not create and not (folder / DATABASE).is_file():
            raise IndexMissing(
                f"There is no library in {folder}. Make one with `whenwhat index PATH`, or name "
                "another folder with --library."
            )
        return cls(Database(folder.resolve()))

    def videos(self) -> list[VideoRow]:
        """Return every video, indexed wholly or in part, in the order they came."""
        rows = self._database.rows("SELECT * FROM videos ORDER BY rowid")
        tracks: dict[str, list[TrackRow]] = {}
        for track in self.tracks.all():
            tracks.setdefault(track.video_id, []).append(track)
        return [
            VideoRow(
                video_id=row["id"],
                paths=self.files.paths(row["id"]),
                duration=row["usable_end"],
                size=Size(row["width"], row["height"]),
                frame_rate=row["frame_rate"],
                codec=row["codec"],
                tracks=tuple(tracks.get(row["id"], ())),
            )
            for row in rows
        ]

    def find(self, path_or_id: Path | str) -> VideoRow:
        """Return a video by the path of its file, an earlier path, its id, or the first digits of it.

        Raises:
            IndexMissing: no such video is in the library.
            LibraryError: several ids begin with these digits.
        """
        path, text = Path(path_or_id), str(path_or_id)
        videos = {video.video_id: video for video in self.videos()}
        if path.is_file():
            owner: str | None = self.files.identify(path)
        else:
            owner = self.files.owner(path)
        if owner in videos:
            return videos[owner]
        matches = [v for v in videos if len(text) >= _SHORTEST_PREFIX and v.startswith(text)]
        if len(matches) > 1:
            raise LibraryError(f"{text} begins {len(matches)} video ids. Give more digits (`ls`).")
        if not matches:
            raise IndexMissing(
                f"{text} is not in the library {self.folder}. Run `whenwhat index {text}` first; "
                "`whenwhat ls` shows what is there."
            )
        return videos[matches[0]]

    def remove(self, video_id: str) -> None:
        """Forget a video and delete its index; the video file is not touched.

        Raises:
            IndexMissing: no such video is in the library.
        """
        self.find(video_id)
        with self.lock(video_id):
            self.tracks.drop(self.tracks.of_video(video_id))
            with self._database.transaction() as connection:
                connection.execute("DELETE FROM videos WHERE id = ?", (video_id,))
            self.tracks.sweep(video_id)

    def lock(
        self, video_id: str, *, waiting: Callable[[], None] | None = None
    ) -> AbstractContextManager[None]:
        """Hold the right to change the index of one video, against other processes, too.

        `waiting` is called once if another holds it.
        """
        return exclusive(self.folder / "locks" / f"{video_id}.lock", waiting=waiting)

    def open_index(self, video_id: str, encoder: Encoder) -> IndexedVideo:
        """Open what `encoder` made of a video: the full index, else that of its keyframes.

        Raises:
            IndexMissing: it is not indexed, or indexing has not got far enough to search.
            EncoderMismatch: only other encoders have indexed it.
            IndexCorrupt: the stored vectors are not those that were written.
        """
        video = self.find(video_id)
        track = self._best(video.tracks, encoder.name, what=str(video.path))
        try:
            visual = self._visual(track, encoder)
        except IndexCorrupt:
            # Another process may have just replaced it, as by a full index that was finished.
            newer = self._best(self.tracks.of_video(video_id), encoder.name, what=str(video.path))
            if newer == track:
                raise
            track, visual = newer, self._visual(newer, encoder)
        return IndexedVideo(
            video_id=video_id,
            path=video.path,
            duration=video.duration,
            scenes=self.tracks.scenes(track),
            tracks=(visual, *self._spoken(video_id)),
            encoder=encoder,
            warnings=(*track.warnings, *self.transcripts.warnings(video_id)),
            complete=track.plan.kind == "full",
        )

    def nearest(self, encoder_name: str, vector: NDArray[np.float32], k: int) -> list[Hit]:
        """Return the `k` frames of all videos nearest to a unit vector (dim,), best first.

        Raises:
            IndexMissing: nothing is indexed yet.
            EncoderMismatch: only other encoders have indexed anything.
            IndexCorrupt: stored vectors are not those that were written.
        """
        members = self._members(encoder_name)
        ready = self._neighbours.get(encoder_name)
        if ready is None or ready.source != source_of(members):
            ready = Neighbours(self.folder / "faiss", self.tracks, members)
            self._neighbours[encoder_name] = ready
        return ready.nearest(vector, k)

    def _members(self, encoder_name: str) -> list[TrackRow]:
        by_video: dict[str, list[TrackRow]] = {}
        for track in self.tracks.all():
            by_video.setdefault(track.video_id, []).append(track)
        usable = [tracks for tracks in by_video.values() if _searchable(tracks, encoder_name)]
        if not usable:
            self._best([t for ts in by_video.values() for t in ts], encoder_name, what="any video")
        return [self._best(tracks, encoder_name, what="") for tracks in usable]

    def _best(
        self, tracks: list[TrackRow] | tuple[TrackRow, ...], encoder: str, *, what: str
    ) -> TrackRow:
        usable = _searchable(tracks, encoder)
        if usable:
            return max(usable, key=lambda track: (track.plan.kind == "full", track.track_id))
        others = sorted({track.plan.encoder for track in tracks if track.done} - {encoder})
        if others:
            raise EncoderMismatch(
                f"The index of {what} was made by {', '.join(others)}, not by {encoder}. Name that "
                f"encoder with --encoder, or index with this one: `whenwhat index`."
            )
        begun = [track.end_time for track in tracks if track.plan.encoder == encoder]
        state = f"was stopped at {max(begun):.0f} s" if begun else "has not been made"
        raise IndexMissing(
            f"The index of {what} {state} in {self.folder}. Run `whenwhat index {what}`"
            f"{' again: it goes on from there' if begun else ''}."
        )

    def _visual(self, track: TrackRow, encoder: Encoder) -> VisualTrack:
        self.tracks.check(track)
        vectors, times = self.tracks.arrays(track).read(track.rows)
        return VisualTrack(times, vectors, encoder)

    def _spoken(self, video_id: str) -> tuple[Track, ...]:
        lines = self.transcripts.lines(video_id)
        if not lines:
            return ()
        encoder = SentenceEncoder()
        vectors = self.transcripts.vectors(video_id, encoder.name)
        if vectors is None:
            return (TextTrack("transcript", lines),)
        return (TextTrack("transcript", lines, vectors=vectors, encoder=encoder),)

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def __enter__(self) -> "Library":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _searchable(tracks: list[TrackRow] | tuple[TrackRow, ...], encoder: str) -> list[TrackRow]:
    return [track for track in tracks if track.done and track.plan.encoder == encoder]
