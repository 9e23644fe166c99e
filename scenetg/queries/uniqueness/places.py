"""Places: everywhere else in its video that the query of a candidate might fit."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grounder.span import Span
from scenetg.candidate import Candidate, Kind
from scenetg.visual.look import Look

Vector = NDArray[np.float32]
"""(dim,) of length 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A stretch that something can be true of."""

    span: Span
    kind: Kind
    vector: Vector
    """The unit mean of its pictures."""


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A candidate before the vote."""

    candidate: Candidate
    own: Place
    others: tuple[Place, ...]
    """All other scenes, in order; for an event also the other events of its scene, but not the scene itself."""


def case_of(candidate: Candidate, candidates: Sequence[Candidate], look: Look) -> Case:
    """Return what a candidate is held against.

    Args:
        candidate: one with a query.
        candidates: all of its video.
        look: of its video.
    """
    scenes = [
        Place(span, "scene", look.scene_vectors[number])
        for number, span in enumerate(look.scenes)
        if number != candidate.scene
    ]
    siblings = [
        _stretch(other, look)
        for other in candidates
        if candidate.kind == other.kind == "event"
        and other.scene == candidate.scene
        and not other.span.overlap(candidate.span)
    ]
    return Case(candidate, _stretch(candidate, look), (*scenes, *siblings))


def _stretch(candidate: Candidate, look: Look) -> Place:
    if candidate.kind == "scene":
        return Place(candidate.span, "scene", look.scene_vectors[candidate.scene])
    total = look.vectors[look.rows(candidate.span)].sum(axis=0)
    return Place(candidate.span, "event", total / max(float(np.linalg.norm(total)), 1e-6))
