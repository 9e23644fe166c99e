"""Which videos can be used: hashed, probed and looked through; what fails is set aside with its reason."""

import time

from grounder.errors import VideoError
from scenetg.candidate import Rejection
from scenetg.line.looking import look_at_all
from scenetg.line.order import Built, Dropped
from scenetg.line.run import Run
from scenetg.line.sources import Source, identify
from scenetg.line.throughput import Work
from scenetg.stages import STAGES
from scenetg.visual.probe import Facts, check_length, facts_record, read_facts

QUARANTINED = "quarantined"
"""Reason to drop a video that cannot be read or decoded; the detail tells why."""

_PROBE, _SHOTS = STAGES["probe"], STAGES["shots"]


def take_videos(run: Run) -> Built:
    """Hash, probe and look through the videos of an order, as far as that is not done."""
    files = run.order.files
    with run.show("reading", total=len(files), unit="files") as update:
        built = Built(*identify(files, run.results.store, update))
    _probe_all(run, built)
    _look_at_all(run, built)
    return built


def _probe_all(run: Run, built: Built) -> None:
    with run.stage(_PROBE, total=len(built.sources)) as (work, update):
        for number, source in enumerate(built.sources, start=1):
            facts = _facts(run, source, work)
            if isinstance(facts, Facts):
                built.facts[source.video_id] = facts
                length = check_length(facts.duration, run.order.settings.probe)
                rejection = length if isinstance(length, Rejection) else None
            else:
                rejection = Rejection(_PROBE.name, QUARANTINED, detail=facts)
            if rejection is not None:
                built.dropped.append(Dropped(source, rejection))
            update(number)
    built.count_videos(_PROBE.name, built.sources)


def _facts(run: Run, source: Source, work: Work) -> Facts | str:
    """Return the facts of a video, or why it has none."""
    known = run.results.find(_PROBE, source.video_id)
    if known is not None:
        return Facts(**known.value)
    failure = run.results.failure(_PROBE, source.video_id)
    if failure is not None:
        return failure
    began = time.perf_counter()
    try:
        facts = read_facts(source.path)
    except VideoError as error:
        run.results.quarantine(_PROBE, source.video_id, str(error))
        return str(error)
    seconds = time.perf_counter() - began
    run.results.keep(_PROBE, source.video_id, facts_record(facts), seconds=seconds)
    work.count(facts.duration, seconds)
    return facts


def _look_at_all(run: Run, built: Built) -> None:
    sources = built.remaining()
    look_at_all(sources, run, {key: facts.duration for key, facts in built.facts.items()})
    for source in sources:
        result = run.results.find(_SHOTS, source.video_id)
        if result is None:
            detail = run.results.failure(_SHOTS, source.video_id) or ""
            rejection = Rejection(_SHOTS.name, QUARANTINED, detail=detail)
            built.dropped.append(Dropped(source, rejection))
        else:
            built.durations[source.video_id] = result.value["duration"]
            built.warnings[source.video_id] = tuple(result.value["warnings"])
    built.count_videos(_SHOTS.name, sources)
