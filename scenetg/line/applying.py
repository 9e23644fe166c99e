"""Applying a stage to candidates: a result that is there is read, any other is made and stored."""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence

from grounder.errors import VideoError
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
        looks = Looks(built.remaining(), run.results)
        outcome = _one_by_one(run, stage, step, built, rows, looks)
    built.count(stage.name, rows, outcome)
    return outcome


def _one_by_one(
    run: Run, stage: Stage, step: Step, built: Built, rows: Sequence[Candidate], looks: Looks
) -> Outcome:
    of_video: dict[str, list[Candidate]] = defaultdict(list)
    for row in rows:
        of_video[row.video_id].append(row)
    kept: list[Candidate] = []
    rejected: list[Rejected] = []
    sources = built.remaining()
    with run.stage(stage, total=len(sources)) as (work, update):
        for number, source in enumerate(sources, start=1):
            mine = of_video[source.video_id]
            outcome = _outcome(run, stage, step, source, mine, looks, work)
            if isinstance(outcome, Rejection):
                built.dropped.append(Dropped(source, outcome))
            else:
                kept += outcome.kept
                rejected += outcome.rejected
            update(number)
    return Outcome(_in_order(kept), tuple(rejected))


def _outcome(
    run: Run,
    stage: Stage,
    step: Step,
    source: Source,
    rows: Sequence[Candidate],
    looks: Looks,
    work: Work,
) -> Outcome | Rejection:
    """Return what a stage comes to for one video, or why it cannot be done for it."""
    results, paths = run.results, {source.video_id: str(source.path)}
    known = results.find(stage, source.video_id)
    if known is not None:
        return read_outcome(known.value, paths)
    failure = results.failure(stage, source.video_id)
    if failure is None:
        began = time.perf_counter()
        try:
            outcome = step(rows, _context(run, looks.only(source)))
        except VideoError as error:
            failure = str(error)
            results.quarantine(stage, source.video_id, failure)
        else:
            seconds = time.perf_counter() - began
            value = outcome_record(outcome)
            kept = results.keep(stage, source.video_id, value, seconds=seconds)
            work.count(looks[source.video_id].duration, seconds)
            return read_outcome(kept.value, paths)
    return Rejection(stage.name, QUARANTINED, detail=failure)


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
