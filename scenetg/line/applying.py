"""Applying a stage to candidates: a result that is there is read, any other is made and stored."""

import time
from collections import defaultdict
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from grounder.errors import VideoError
from scenetg.asking.several import side_by_side
from scenetg.candidate import Candidate, Outcome, Rejected, Rejection
from scenetg.context import Context
from scenetg.line.looks import Looks
from scenetg.line.order import Built, Dropped
from scenetg.line.run import Run
from scenetg.line.sources import Source
from scenetg.line.steps import Step
from scenetg.line.throughput import Work
from scenetg.line.videos import QUARANTINED
from scenetg.stages import Stage
from scenetg.store.record import outcome_record, read_outcome
from scenetg.store.results import TOGETHER
from scenetg.visual.look import Look


def apply(run: Run, stage: Stage, step: Step, built: Built, rows: Sequence[Candidate]) -> Outcome:
    """Do a stage on the rows of each remaining video by itself, or of all together; count what it did.

    A video that it cannot be done for is dropped with all its rows.
    """
    if stage.together:
        with run.stage(stage, total=1, unit="times") as (work, update):
            outcome = _together(run, stage, step, built, rows, work)
            update(1)
    else:
        outcome = _of_each_video(run, stage, step, built, rows)
    built.count(stage.name, rows, outcome)
    return outcome


def _of_each_video(
    run: Run, stage: Stage, step: Step, built: Built, rows: Sequence[Candidate]
) -> Outcome:
    of_video: dict[str, list[Candidate]] = defaultdict(list)
    for row in rows:
        of_video[row.video_id].append(row)
    sources = built.remaining()
    outcomes: dict[str, Outcome | Rejection] = {}
    with run.stage(stage, total=len(sources)) as (work, update):
        for source in sources:
            known = _known(run, stage, source)
            if known is not None:
                outcomes[source.video_id] = known
        update(len(outcomes))
        looks = Looks(sources, run.results)
        jobs = (
            # The look is read here: the store is not for other threads.
            _Job(source, of_video[source.video_id], looks[source.video_id])
            for source in sources
            if source.video_id not in outcomes
        )
        with closing(_made(run, stage, step, jobs)) as made:
            for job, (outcome, seconds) in made:
                kept = _kept(run, stage, job.source, outcome, seconds)
                if isinstance(kept, Outcome):
                    work.count(job.look.duration, seconds)
                outcomes[job.source.video_id] = kept
                update(len(outcomes))
    return _joined(stage, built, [(source, outcomes[source.video_id]) for source in sources])


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    """What a stage has to do for one video."""

    source: Source
    rows: Sequence[Candidate]
    look: Look


def _made(
    run: Run, stage: Stage, step: Step, jobs: Iterable[_Job]
) -> Generator[tuple[_Job, tuple[Outcome | str, float]], None, None]:
    """Do a stage for videos, several at once if it asks a model; yield what it comes to, and its seconds."""

    def do(job: _Job) -> tuple[Outcome | str, float]:
        began = time.perf_counter()
        try:
            outcome: Outcome | str = step(job.rows, _context(run, {job.source.video_id: job.look}))
        except VideoError as error:
            outcome = str(error)
        return outcome, time.perf_counter() - began

    asker = run.order.asker
    if asker is None or not stage.asks:
        return ((job, do(job)) for job in jobs)
    return side_by_side(jobs, do, asker)


def _known(run: Run, stage: Stage, source: Source) -> Outcome | Rejection | None:
    """Return what an earlier run came to for a video; None: it is still to be done."""
    known = run.results.find(stage, source.video_id)
    if known is not None:
        return read_outcome(known.value, {source.video_id: str(source.path)})
    failure = run.results.failure(stage, source.video_id)
    return None if failure is None else Rejection(stage.name, QUARANTINED, detail=failure)


def _kept(
    run: Run, stage: Stage, source: Source, outcome: Outcome | str, seconds: float
) -> Outcome | Rejection:
    """Store what a stage came to for one video, or why it cannot be done for it."""
    if isinstance(outcome, str):
        run.results.quarantine(stage, source.video_id, outcome)
        return Rejection(stage.name, QUARANTINED, detail=outcome)
    value = outcome_record(outcome)
    kept = run.results.keep(stage, source.video_id, value, seconds=seconds)
    return read_outcome(kept.value, {source.video_id: str(source.path)})


def _joined(
    stage: Stage, built: Built, outcomes: Sequence[tuple[Source, Outcome | Rejection]]
) -> Outcome:
    """Return what a stage comes to for all videos, those it cannot be done for dropped; the order is that of ids."""
    kept: list[Candidate] = []
    rejected: list[Rejected] = []
    for source, outcome in outcomes:
        if isinstance(outcome, Rejection):
            built.dropped.append(Dropped(source, outcome))
        else:
            kept += outcome.kept
            rejected += outcome.rejected
    return Outcome(_in_order(kept), tuple(rejected))


def _together(
    run: Run, stage: Stage, step: Step, built: Built, rows: Sequence[Candidate], work: Work
) -> Outcome:
    """Return what a stage comes to for all videos; those that break on the way are dropped, and it is done anew."""
    while True:
        _drop_broken(run, stage, built)
        sources = built.remaining()
        members = [source.video_id for source in sources]
        known = run.results.find(stage, TOGETHER, members)
        if known is None:
            mine = [row for row in rows if row.video_id in members]
            began = time.perf_counter()
            outcome = step(mine, _context(run, Looks(sources, run.results)))
            seconds = time.perf_counter() - began
            if outcome.broken:
                for video_id, reason in outcome.broken.items():
                    run.results.quarantine(stage, video_id, reason)
                continue
            value = outcome_record(outcome)
            known = run.results.keep(stage, TOGETHER, value, seconds=seconds, members=members)
            work.count(0.0, seconds)
        paths = {source.video_id: str(source.path) for source in sources}
        outcome = read_outcome(known.value, paths)
        return Outcome(_in_order(outcome.kept), outcome.rejected)


def _drop_broken(run: Run, stage: Stage, built: Built) -> None:
    for source in built.remaining():
        if (failure := run.results.failure(stage, source.video_id)) is not None:
            rejection = Rejection(stage.name, QUARANTINED, detail=failure)
            built.dropped.append(Dropped(source, rejection))


def _context(run: Run, looks: Mapping[str, Look]) -> Context:
    order = run.order
    return Context(order.settings, looks, order.encoder, order.asker, order.grounder)


def _in_order(rows: Sequence[Candidate]) -> tuple[Candidate, ...]:
    return tuple(sorted(rows, key=lambda row: row.id))
