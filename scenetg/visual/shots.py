"""Shots: the one decoding pass over a video, which feeds the cut detector and the encoder.

It goes on where an earlier one was stopped, and comes to the same result: both from the indexing of `grounder`.
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from platform import node

import numpy as np
from numpy.typing import NDArray

from grounder.encoders.encoder import Encoder
from grounder.errors import ModelError, VideoError, VideoMissing
from grounder.indexing.scanning import Pass
from grounder.library import Chunk, Plan, TrackRow
from scenetg.settings import Shots


@dataclass(frozen=True, slots=True)
class Resume:
    """Where an earlier pass over a video was stopped; the default is its beginning."""

    chunks: int = 0
    rows: int = 0
    """Pictures embedded so far."""
    end_time: float = 0.0
    """Seconds; everything before is stored."""
    settled: float = 0.0
    """Seconds; cuts before are final and stored."""
    last_time: float = -math.inf
    """Seconds of the last embedded picture."""


@dataclass(frozen=True, slots=True)
class Job:
    """One video to look through."""

    video_id: str
    path: Path
    modified: tuple[int, int]
    """Bytes and modification time (ns) of the file whose hash is the id."""
    settings: Shots
    resume: Resume = Resume()


@dataclass(frozen=True, slots=True)
class Ending:
    """What is known only when the video has been read to the end."""

    duration: float
    """Seconds that can be used."""
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A stretch of video (about a minute), looked at."""

    chunk: Chunk
    vectors: NDArray[np.float16]
    """(n, dim), one for each of `chunk.times`."""
    seconds: float
    """How long the looking took."""
    ending: Ending | None
    """In the last piece of a video."""


@dataclass(frozen=True, slots=True)
class Looker:
    """The work of a process: looks through videos, with an encoder that is loaded once."""

    load: Callable[[], Encoder]
    """Can be pickled."""
    encoder: str
    """What is to be loaded; on another device an encoder may compute otherwise, and says so in its name."""

    def prepare(self) -> Callable[[Job], Iterator[Piece]]:
        """Load the encoder and return what looks through one video after the other.

        Raises:
            ModelError: it cannot be loaded, or is another one here.
        """
        encoder = self.load()
        if encoder.name != self.encoder:
            raise ModelError(
                f"A worker on {node()} loads {encoder.name}, but this dataset is made with {self.encoder}. Name how "
                "it computes, as in @fp32, or start the command on a machine like those of the workers."
            )
        return lambda job: look_through(job, encoder)


def look_through(job: Job, encoder: Encoder) -> Iterator[Piece]:
    """Yield the pieces of a video that are not stored yet; the last one has an ending.

    Raises:
        VideoMissing: the file cannot be read.
        VideoError: no picture can be decoded, or it changed meanwhile.
    """
    from grounder.scenes import load_detector
    from grounder.video import Video

    _check_unchanged(job)
    rows, began = job.resume.rows, time.perf_counter()
    with Video.open(job.path, decoder=job.settings.decoder) as video:
        detector = load_detector(job.settings.detector)
        run = Pass(
            video,
            _track(job, encoder),
            encoder=encoder,
            detector=detector,
            last_time=job.resume.last_time,
        )
        for chunk, vectors in run.chunks(lambda moment: None):
            rows += len(vectors)
            ending = None
            if chunk.final:
                _check_unchanged(job)
                ending = _ending(job.path, rows, video.duration, video.warnings)
            now = time.perf_counter()
            yield Piece(chunk, vectors.astype(np.float16), now - began, ending)
            began = time.perf_counter()


def _track(job: Job, encoder: Encoder) -> TrackRow:
    """Return the resume point in the form in which a pass reads it."""
    settings, resume = job.settings, job.resume
    plan = Plan(encoder.name, encoder.dim, settings.rate, settings.detector, settings.decoder)
    return TrackRow(
        track_id=0,
        video_id=job.video_id,
        plan=plan,
        done=False,
        rows=resume.rows,
        end_time=resume.end_time,
        settled=resume.settled,
        chunks=resume.chunks,
        warnings=(),
        versions={},
    )


def _ending(path: Path, rows: int, duration: float, warnings: tuple[str, ...]) -> Ending:
    if rows == 0:
        raise VideoError(f"{path}: not one picture can be decoded. Check it with `ffprobe`.")
    return Ending(duration, warnings)


def _check_unchanged(job: Job) -> None:
    try:
        status = job.path.stat()
    except OSError as error:
        raise VideoMissing(f"Cannot read {job.path}: {error.strerror}. Put it back.") from error
    if (status.st_size, status.st_mtime_ns) != job.modified:
        raise VideoError(
            f"{job.path} changed while the dataset was built. Wait until it is fully written."
        )
