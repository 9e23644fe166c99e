"""Holding the videos of a run against evaluation sets; hashes are kept, so that each video is decoded once for it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grounder.errors import VideoError
from scenetg.line.order import Built
from scenetg.line.run import Run
from scenetg.line.sources import Source, find_files, identify
from scenetg.line.throughput import Work
from scenetg.overlap.hashing import Fingerprint, fingerprint
from scenetg.overlap.listing import EvaluationSet, packed, read_list, unpacked
from scenetg.overlap.matching import Match, find_matches
from scenetg.stages import STAGES

_STAGE = STAGES["fingerprint"]


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of holding the videos against one evaluation set."""

    name: str
    videos: int
    """Of the evaluation set."""
    matches: tuple[Match, ...]
    skipped: tuple[str, ...]
    """Why videos, ours or the set's, could not be hashed."""


def compare(run: Run, built: Built, against: Sequence[Path]) -> list[Compared]:
    """Hold every video that was not dropped against each evaluation set.

    Args:
        run: keeps the hashes.
        built: what the line came to.
        against: folders of videos, or lists that `whenwhat fingerprint` made.

    Raises:
        DatasetError: a list cannot be read.
        BuildError: a folder holds no video.
    """
    if not against:
        return []
    ours, gone = _fingerprints(run, built.remaining())
    compared = []
    for path in against:
        evaluation, missing = _evaluation_set(run, path)
        matches = find_matches(ours, evaluation, run.order.settings.overlap)
        count = len(evaluation.fingerprints)
        compared.append(Compared(evaluation.name, count, tuple(matches), (*gone, *missing)))
    return compared


def _evaluation_set(run: Run, path: Path) -> tuple[EvaluationSet, list[str]]:
    if path.is_file():
        return read_list(path), []
    sources, unreadable = identify(find_files([path]), run.results.store, lambda done: None)
    found, gone = _fingerprints(run, sources)
    return EvaluationSet(path.resolve().name, found), [*(one.reason for one in unreadable), *gone]


def _fingerprints(run: Run, sources: Sequence[Source]) -> tuple[list[Fingerprint], list[str]]:
    """Return the hashes of videos, and why some have none."""
    found: list[Fingerprint] = []
    gone: list[str] = []
    with run.stage(_STAGE, total=len(sources)) as (work, update):
        for number, source in enumerate(sources, start=1):
            try:
                found.append(_fingerprint(run, source, work))
            except VideoError as error:
                gone.append(str(error))
            update(number)
    return found, gone


def _fingerprint(run: Run, source: Source, work: Work) -> Fingerprint:
    known = run.results.find(_STAGE, source.video_id)
    if known is None:
        began = time.perf_counter()
        made = fingerprint(source.path, decoder=run.order.settings.shots.decoder)
        seconds = time.perf_counter() - began
        value = {"duration": made.duration, "hashes": packed(made.hashes)}
        known = run.results.keep(_STAGE, source.video_id, value, seconds=seconds)
        work.count(made.duration, seconds)
    return Fingerprint(source.path.name, known.value["duration"], unpacked(known.value["hashes"]))
