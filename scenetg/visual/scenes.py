"""Scenes: adjacent shots that look alike joined, and which of the scenes are worth a row.

A stand-in for ShotCoL (SPEC 1.3, step 3), whose model was not published.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grounder.encoders.encoder import UnitVectors
from grounder.scenes import scenes_from_cuts
from grounder.span import Span
from scenetg.candidate import Candidate, Outcome, Rejection, sort_out
from scenetg.settings import Scenes
from scenetg.visual.look import Look

_DIGITS = 12
"""Of a video's hash in the ids of its rows; two of a hundred thousand videos share them once in 60,000 sets."""


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """The embedded pictures of a video, before its scenes are known."""

    duration: float
    cuts: tuple[float, ...]
    times: NDArray[np.float64]
    vectors: UnitVectors


def find_scenes(pictures: Pictures, settings: Scenes) -> tuple[Span, ...]:
    """Return scenes that touch and cover the video: shots join while they look like the scene so far."""
    shots = scenes_from_cuts(
        pictures.cuts,
        Span(0.0, pictures.duration),
        shortest=settings.shortest_shot,
        longest=math.inf,
    )
    scenes = [shots[0]]
    total = _sum(pictures, shots[0])
    for shot in shots[1:]:
        of_shot = _sum(pictures, shot)
        if _unit(of_shot) @ _unit(total) >= settings.merge:
            scenes[-1] = scenes[-1].hull(shot)
            total = total + of_shot
        else:
            scenes.append(shot)
            total = of_shot
    return tuple(scenes)


def mean_vectors(pictures: Pictures, spans: Sequence[Span]) -> UnitVectors:
    """Return the unit mean of the pictures of each span, (spans, dim)."""
    means = [_unit(_sum(pictures, span)) for span in spans]
    return np.stack(means) if means else np.empty((0, pictures.vectors.shape[1]), np.float32)


def propose(look: Look, settings: Scenes) -> Outcome:
    """Make a candidate of every scene and check its length."""
    candidates = [
        Candidate(
            id=scene_id(look.video_id, number),
            video_id=look.video_id,
            video=str(look.path),
            duration=look.duration,
            span=span,
            kind="scene",
            scene=number,
        )
        for number, span in enumerate(look.scenes)
    ]
    return sort_out(candidates, (_checked(one, settings) for one in candidates))


def scene_id(video_id: str, scene: int) -> str:
    """Return the id of a scene; ids sort by video, then scene."""
    return f"{video_id[:_DIGITS]}-{scene:05d}"


def check_length(span: Span, settings: Scenes) -> float | Rejection:
    """Return the seconds of a scene, or why they are too few or too many."""
    if span.duration < settings.shortest:
        return Rejection("scenes", "scene too short", span.duration, settings.shortest)
    if span.duration > settings.longest:
        return Rejection("scenes", "scene too long", span.duration, settings.longest)
    return span.duration


def check_share(span: Span, duration: float, settings: Scenes) -> float | Rejection:
    """Return the part of the video that a scene is, in (0, 1], or why it is too large."""
    share = span.duration / duration
    if share > settings.share:
        return Rejection("scenes", "too much of the video", share, settings.share)
    return share


def _checked(candidate: Candidate, settings: Scenes) -> Candidate | Rejection:
    length = check_length(candidate.span, settings)
    if isinstance(length, Rejection):
        return length
    share = check_share(candidate.span, candidate.duration, settings)
    if isinstance(share, Rejection):
        return share
    return candidate.scored(share=round(share, 4))


def _sum(pictures: Pictures, span: Span) -> NDArray[np.float32]:
    """Return the sum of the vectors in a span, (dim,); of the nearest one where there is none inside."""
    first, last = np.searchsorted(pictures.times, (span.start, span.end))
    if first == last:
        nearest = int(np.abs(pictures.times - span.centre).argmin())
        first, last = nearest, nearest + 1
    total: NDArray[np.float32] = pictures.vectors[first:last].sum(axis=0)
    return total


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = vector / max(float(np.linalg.norm(vector)), 1e-6)
    return unit
