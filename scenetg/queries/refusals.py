"""Refusal rows: queries of other videos, confirmed to be true nowhere in this one.

A grounder that only ever sees queries with an answer learns never to say "not in this video".
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

import numpy as np

from grounder.errors import VideoError
from scenetg.asking.asker import Failure
from scenetg.asking.several import side_by_side
from scenetg.candidate import Candidate, Outcome, Rejected, Rejection
from scenetg.context import Context
from scenetg.queries.uniqueness.captions import Captions, ask_marks, video_captions
from scenetg.queries.uniqueness.looking import ask_looks
from scenetg.queries.uniqueness.places import Vector
from scenetg.visual.look import Look

STAGE = "refusals"
POOL = 512
"""Queries of other videos that one video is compared with: all of a large dataset would be quadratic."""


@dataclass(frozen=True, slots=True, eq=False)
class Foreign:
    """A query of another video, and how near it comes to this one."""

    row: Candidate
    """Where it is true."""
    margin: float
    """Cosine by which its own place beats every place here."""
    rivals: tuple[int, ...]
    """Scenes of this video, the nearest to it first."""


def refusals(candidates: Sequence[Candidate], context: Context) -> Outcome:
    """Return the candidates of all videos, and rows whose query another video has and this one has not.

    A try costs one request with captions, and one with pictures for each of the `rivals` places.
    """
    rows = [one for one in candidates if one.task == "ground" and one.spans]
    if not rows or context.settings.refusals.per_video == 0:
        return Outcome(tuple(candidates))
    vectors = dict(
        zip(
            (one.id for one in rows),
            context.encoder.encode_texts([one.query or "" for one in rows]),
            strict=True,
        )
    )
    jobs = (
        _job(video_id, candidates, rows, vectors, context)
        for video_id in sorted({one.video_id for one in candidates})
    )
    found: dict[str, list[Candidate | Rejected]] = {}
    broken: dict[str, str] = {}
    with closing(side_by_side(jobs, _tried, context.need_asker())) as done:
        for job, results in done:
            video_id = job.context.look.video_id
            if isinstance(results, VideoError):
                broken[video_id] = str(results)
            else:
                found[video_id] = results
    tried = [one for video_id in sorted(found) for one in found[video_id]]
    made = [one for one in tried if isinstance(one, Candidate)]
    kept = sorted([*candidates, *made], key=lambda one: one.id)
    return Outcome(tuple(kept), tuple(one for one in tried if isinstance(one, Rejected)), broken)


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    """What is to be tried for one video."""

    own: Sequence[Candidate]
    foreign: Sequence[Foreign]
    context: Context
    """With the look of this video alone, which is read before: the store is not for other threads."""


def _job(
    video_id: str,
    candidates: Sequence[Candidate],
    rows: Sequence[Candidate],
    vectors: dict[str, Vector],
    context: Context,
) -> _Job:
    pool = _pool([one for one in rows if one.video_id != video_id], video_id)
    return _Job(
        [one for one in candidates if one.video_id == video_id],
        nearest(pool, vectors, context, video_id),
        replace(context, looks={video_id: context.looks[video_id]}),
    )


def _tried(job: _Job) -> list[Candidate | Rejected] | VideoError:
    """Return the refusal rows of a video and the tries that failed, or why it cannot be read any more."""
    try:
        return list(_of_video(job.own, job.foreign, job.context))
    except VideoError as error:
        return error


def nearest(
    pool: Sequence[Candidate], vectors: dict[str, Vector], context: Context, video_id: str
) -> list[Foreign]:
    """Return the queries that are absent by similarity, the nearest first: they are the hardest to refuse.

    Args:
        pool: rows of other videos.
        vectors: of their queries, by id.
        context: of all videos.
        video_id: of this video.
    """
    how = context.settings.refusals
    here = context.looks[video_id].scene_vectors
    found = []
    for row in pool:
        query = vectors[row.id]
        there = float(context.looks[row.video_id].scene_vectors[row.scene] @ query)
        cosines = here @ query
        rivals = np.argsort(-cosines, kind="stable")[: how.rivals]
        margin = there - float(cosines.max())
        if margin >= how.margin:
            found.append(Foreign(row, margin, tuple(map(int, rivals))))
    return sorted(found, key=lambda one: (one.margin, one.row.id))[: how.tries]


def _of_video(
    own: Sequence[Candidate], foreign: Sequence[Foreign], context: Context
) -> Iterator[Candidate | Rejected]:
    """Yield refusal rows of one video until there are enough, and the tries that failed on the way."""
    look, how = context.look, context.settings
    asker = context.need_asker()
    captions = video_captions(own, look, how, asker) if foreign else {}
    found = 0
    for number, one in enumerate(foreign):
        if found == how.refusals.per_video:
            return
        row = _row(one, look, own[0], number)
        reason = _by_captions(one, captions, context) or _by_looking(one, look, context)
        if reason is not None:
            yield Rejected(row, reason)
        else:
            found += 1
            yield row.scored(absent_margin=round(one.margin, 4))


def _by_captions(one: Foreign, captions: Captions, context: Context) -> Rejection | None:
    listed = [(one.row.query or "", [captions[span] for span in sorted(captions)])]
    at_once = context.settings.uniqueness.captions_at_once
    [marks] = ask_marks(listed, context.need_asker(), at_once=at_once)
    if isinstance(marks, Failure):
        return marks.rejection(STAGE)
    if marks:
        return Rejection(STAGE, "captions say it is there", len(marks), 0, one.row.query or "")
    return None


def _by_looking(one: Foreign, look: Look, context: Context) -> Rejection | None:
    asked = [(one.row.query or "", look.scenes[scene]) for scene in one.rivals]
    frames = context.settings.uniqueness.frames
    for seen in ask_looks(asked, look, context.settings, context.need_asker(), count=frames):
        if isinstance(seen, Failure):
            return seen.rejection(STAGE)
        if seen:
            return Rejection(STAGE, "seen there", detail=one.row.query or "")
    return None


def _row(one: Foreign, look: Look, own: Candidate, number: int) -> Candidate:
    """Return the row, as a candidate for the place that comes nearest to its query."""
    return Candidate(
        id=f"{own.id.partition('-')[0]}-r{number:02d}",
        video_id=look.video_id,
        video=own.video,
        duration=look.duration,
        span=look.scenes[one.rivals[0]],
        kind="scene",
        scene=one.rivals[0],
        query=one.row.query,
        meta={"query_of": one.row.id},
    )


def _pool(rows: Sequence[Candidate], video_id: str) -> list[Candidate]:
    """Return at most `POOL` rows, others for each video but the same in every run."""

    def draw(row: Candidate) -> bytes:
        return hashlib.sha256(f"{video_id} {row.id}".encode()).digest()

    return sorted(rows, key=draw)[:POOL]
