"""Events: stretches inside a scene that begin and end where the picture changes, but where no cut is.

Scene cuts alone make boundaries that are too easy (a reviewer's criticism of SceneTG, SPEC 1.3).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from grounder.span import Span
from scenetg.candidate import Candidate, Outcome, Rejected, Rejection
from scenetg.settings import Settings
from scenetg.visual.duplicates import check_nearest
from scenetg.visual.look import Look
from scenetg.visual.scenes import check_share, scene_id


@dataclass(frozen=True, slots=True)
class Turn:
    """A moment at which the picture changes without a cut."""

    time: float
    """Seconds."""
    change: float
    """1 - cosine between the pictures before and after it."""


def add_events(candidates: Sequence[Candidate], look: Look, settings: Settings) -> Outcome:
    """Return the candidates, and those events of all scenes that pass the checks, in order of id."""
    kept, rejected = list(candidates), []
    for scene in range(len(look.scenes)):
        for event in scene_events(look, scene, settings):
            result = _checked(event, look, settings)
            if isinstance(result, Rejection):
                rejected.append(Rejected(event, replace(result, stage="events")))
            else:
                kept.append(result)
    return Outcome(tuple(sorted(kept, key=lambda one: one.id)), tuple(rejected))


def scene_events(look: Look, scene: int, settings: Settings) -> list[Candidate]:
    """Return the events of one scene in order of time: those of the strongest changes, at most `per_scene`."""
    turns = find_turns(look, look.scenes[scene], settings)
    found = [
        (min(begin.change, end.change), Span(begin.time, end.time))
        for begin, end in pairwise(turns)
        if settings.events.shortest <= end.time - begin.time <= settings.events.longest
    ]
    strongest = sorted(found, key=lambda one: (-one[0], one[1]))[: settings.events.per_scene]
    return [
        Candidate(
            id=f"{scene_id(look.video_id, scene)}-e{number:02d}",
            video_id=look.video_id,
            video=str(look.path),
            duration=look.duration,
            span=span,
            kind="event",
            scene=scene,
            filters={"change": round(change, 4)},
        )
        for number, (change, span) in enumerate(sorted(strongest, key=lambda one: one[1]))
    ]


def find_turns(look: Look, scene: Span, settings: Settings) -> list[Turn]:
    """Return the moments of strongest change inside a scene, in order, each far enough from every cut."""
    turns: list[Turn] = []
    for shot in _shots(look, scene):
        rows = look.rows(shot)
        times = look.times[rows]
        for place, change in _peaks(look.vectors[rows], times, settings):
            away = min(times[place] - shot.start, shot.end - times[place])
            if away >= settings.events.cut_distance:
                turns.append(Turn(float(times[place]), change))
    return turns


def changes(
    vectors: NDArray[np.float32], times: NDArray[np.float64], window: float
) -> NDArray[np.float64]:
    """Return 1 - cosine between the `window` seconds before each picture and those from it on.

    0 where less than half a window lies on one side: too little to compare.

    Args:
        vectors: (n, dim) of one shot.
        times: (n,) seconds.
        window: seconds.
    """
    sums = np.concatenate(
        [np.zeros((1, vectors.shape[1])), np.cumsum(vectors, axis=0, dtype=float)]
    )
    here = np.arange(len(times))
    before = np.searchsorted(times, times - window)
    after = np.searchsorted(times, times + window)
    left, right = sums[here] - sums[before], sums[after] - sums[here]
    norms = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    cosine = (left * right).sum(axis=1) / np.maximum(norms, 1e-9)
    enough = (times - times[:1] >= window / 2) & (times[-1:] - times >= window / 2)
    return np.where(enough & (norms > 0), 1 - cosine, 0.0)


def _peaks(
    vectors: NDArray[np.float32], times: NDArray[np.float64], settings: Settings
) -> list[tuple[int, float]]:
    """Return the strongest changes of a shot, none nearer to a stronger one than the shortest event."""
    curve = changes(vectors, times, settings.events.window)
    taken: list[int] = []
    for place in np.argsort(-curve, kind="stable").tolist():
        if curve[place] < settings.events.change:
            break
        if all(abs(times[place] - times[one]) >= settings.events.shortest for one in taken):
            taken.append(place)
    return [(place, float(curve[place])) for place in sorted(taken)]


def _shots(look: Look, scene: Span) -> Iterator[Span]:
    """Yield the parts of a scene between its cuts: a change across a cut is the cut."""
    inner = [cut for cut in look.cuts if scene.start < cut < scene.end]
    for start, end in pairwise([scene.start, *inner, scene.end]):
        yield Span(start, end)


def _checked(event: Candidate, look: Look, settings: Settings) -> Candidate | Rejection:
    share = check_share(event.span, event.duration, settings.scenes)
    if isinstance(share, Rejection):
        return share
    own = look.vectors[look.rows(event.span)].mean(axis=0)
    cosines = look.scene_vectors @ (own / max(float(np.linalg.norm(own)), 1e-6))
    # Its own scene, and the ones beside it, are not another place.
    cosines[max(0, event.scene - 1) : event.scene + 2] = -1.0
    other = int(cosines.argmax())
    known = other if cosines[other] > -1 else -1
    return check_nearest(
        event.scored(share=round(share, 4)), float(cosines[other]), known, look, settings.duplicates
    )
