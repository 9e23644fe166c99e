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
from scenetg.settings import Events, Settings
from scenetg.visual.duplicates import check_nearest
from scenetg.visual.look import Look
from scenetg.visual.scenes import check_share, scene_id

Changes = NDArray[np.float64]
"""(n,), one number a picture."""

NORMAL = 1.4826
"""From a median absolute deviation to the standard deviation of a normal distribution."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A moment at which the picture changes without a cut."""

    time: float
    """Seconds."""
    change: float
    """By how many spreads it is above what is usual in the video."""


@dataclass(frozen=True, slots=True)
class Usual:
    """How much a video changes inside its shots: all that an encoder, and a restless film, do to the figures.

    Median and median absolute deviation pass over the few moments that are looked for (Iglewicz and Hoaglin,
    How to Detect and Handle Outliers, 1993).
    """

    median: float
    """1 - cosine."""
    spread: float
    """1 - cosine, positive; a standard deviation where changes are normal."""

    def above(self, changes: Changes) -> Changes:
        """Return by how many spreads each change is above the median."""
        return (changes - self.median) / self.spread


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """How the pictures of one shot change, (n,) each."""

    times: NDArray[np.float64]
    values: Changes
    """1 - cosine."""
    inner: NDArray[np.bool_]
    """Those that are far enough from both cuts."""


def add_events(candidates: Sequence[Candidate], look: Look, settings: Settings) -> Outcome:
    """Return the candidates, and those events of all scenes that pass the checks, in order of id."""
    kept, rejected = list(candidates), []
    usual = usual_changes(look, settings.events)
    for scene in range(len(look.scenes)):
        for event in scene_events(look, scene, usual, settings):
            result = _checked(event, look, settings)
            if isinstance(result, Rejection):
                rejected.append(Rejected(event, replace(result, stage="events")))
            else:
                kept.append(result)
    return Outcome(tuple(sorted(kept, key=lambda one: one.id)), tuple(rejected))


def usual_changes(look: Look, settings: Events) -> Usual:
    """Return how much a video changes where no cut is near."""
    curves = (curve for scene in look.scenes for curve in _curves(look, scene, settings))
    all_of_them = np.concatenate([np.zeros(1), *(curve.values[curve.inner] for curve in curves)])
    median = float(np.median(all_of_them))
    spread = NORMAL * float(np.median(np.abs(all_of_them - median)))
    return Usual(median, max(spread, settings.noise))


def scene_events(look: Look, scene: int, usual: Usual, settings: Settings) -> list[Candidate]:
    """Return the events of one scene in order of time: those of the strongest changes, at most `per_scene`."""
    turns = find_turns(look, look.scenes[scene], usual, settings.events)
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
            filters={"change": round(change, 2)},
        )
        for number, (change, span) in enumerate(sorted(strongest, key=lambda one: one[1]))
    ]


def find_turns(look: Look, scene: Span, usual: Usual, settings: Events) -> list[Turn]:
    """Return the moments of strongest change inside a scene, in order, each far enough from every cut."""
    return [
        Turn(float(curve.times[place]), change)
        for curve in _curves(look, scene, settings)
        for place, change in _peaks(usual.above(curve.values), curve.times, settings)
        # Not sooner: what a cut does to the seconds beside it would be left over.
        if curve.inner[place]
    ]


def changes(vectors: NDArray[np.float32], times: NDArray[np.float64], window: float) -> Changes:
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
    return np.where(_enough(times, window) & (norms > 0), 1 - cosine, 0.0)


def _enough(times: NDArray[np.float64], window: float) -> NDArray[np.bool_]:
    """Tell of which pictures half a window lies on either side."""
    return (times - times[:1] >= window / 2) & (times[-1:] - times >= window / 2)


def _curves(look: Look, scene: Span, settings: Events) -> Iterator[Curve]:
    """Yield the curve of each shot of a scene."""
    for shot in _shots(look, scene):
        rows = look.rows(shot)
        times = look.times[rows]
        away = np.minimum(times - shot.start, shot.end - times)
        values = changes(look.vectors[rows], times, settings.window)
        # A rise that the end of the curve cuts off comes from what is beside the cut.
        known = np.pad(_enough(times, settings.window), 1)
        whole = known[:-2] & known[2:]
        yield Curve(times, values, (away >= settings.cut_distance) & whole)


def _peaks(curve: Changes, times: NDArray[np.float64], settings: Events) -> list[tuple[int, float]]:
    """Return the strongest changes of a shot, none nearer to a stronger one than the shortest event."""
    taken: list[int] = []
    for place in np.argsort(-curve, kind="stable").tolist():
        if curve[place] < settings.change:
            break
        if all(abs(times[place] - times[one]) >= settings.shortest for one in taken):
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
