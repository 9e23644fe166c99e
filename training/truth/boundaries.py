"""Boundaries: how far the ends of proposed stretches are from where something truly begins or ends."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from scenetg.candidate import Candidate
from scenetg.world import World
from scenetg.world.captions import stretches

NEAR = 0.5
"""Seconds; at two pictures a second no boundary is seen nearer."""


@dataclass(frozen=True, slots=True)
class Boundary:
    """One end of a proposal, or one true boundary."""

    video: str
    seconds: float
    """To the nearest one of the other side."""
    chance: float
    """What a moment drawn anywhere in the video would have had on average."""


def proposed(candidates: Iterable[Candidate], worlds: dict[str, World]) -> list[Boundary]:
    """Return both ends of each candidate against the truth of its kind.

    Scenes are held against scenes; events also against each moment at which a shape or a word begins or
    ends something. Ends of the video itself are left out: nobody can miss them.
    """
    return [
        _boundary(one.video, moment, true, worlds[one.video].duration)
        for one in candidates
        for true in [true_moments(worlds[one.video], one.kind)]
        for moment in (one.span.start, one.span.end)
        if NEAR < moment < worlds[one.video].duration - NEAR
    ]


def missed(candidates: Sequence[Candidate], worlds: dict[str, World]) -> list[Boundary]:
    """Return each true scene boundary against the ends of all proposed scenes of its video."""
    found: dict[str, list[float]] = {video: [] for video in worlds}
    for one in candidates:
        if one.kind == "scene":
            found[one.video] += [one.span.start, one.span.end]
    return [
        _boundary(video, moment, found[video] or [0.0, world.duration], world.duration)
        for video, world in worlds.items()
        for moment in world.starts[1:]
    ]


def true_moments(world: World, kind: str) -> list[float]:
    """Return where something of a kind (`scene` or `event`) begins or ends, rising."""
    edges = {0.0, world.duration, *world.starts}
    if kind == "event":
        parts = [part for scene in world.scenes for part in stretches(scene)]
        edges.update(edge for part in parts for edge in (part.start, part.end))
    return sorted(edges)


def _boundary(video: str, moment: float, others: Sequence[float], duration: float) -> Boundary:
    anywhere = np.linspace(0.0, duration, 500)
    distances = np.abs(anywhere[:, None] - np.asarray(others)).min(axis=1)
    return Boundary(video, min(abs(moment - other) for other in others), float(distances.mean()))
