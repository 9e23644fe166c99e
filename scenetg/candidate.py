"""Candidate: a row in the making while it moves down the line; Rejection: why one was taken off it.

A *check* is a small function that returns a score, or a `Rejection`. A *step* takes the candidates of one
video (of all videos, where rows of several are compared) and returns an `Outcome`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from grounder.sample import Rollouts, Task
from grounder.span import Span

Kind = Literal["scene", "event"]
"""`scene`: bounded by cuts; `event`: inside a scene, bounded by no cut."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stretch of video that may become a row; steps return changed copies."""

    id: str
    """Unique in a dataset; sorts by video, then scene, then event, then what was made of them."""
    video_id: str
    """Hex SHA-256 of the file."""
    video: str
    """Path of the file."""
    duration: float
    """Seconds of the whole video that can be used."""
    span: Span
    """The stretch that was proposed."""
    kind: Kind
    scene: int
    """Position of its scene among all scenes of the video, from 0."""
    caption: str | None = None
    """What the stretch shows, in words; None until it is described."""
    query: str | None = None
    """What to look for; None until it is phrased."""
    spans: tuple[Span, ...] = ()
    """Every confirmed place of the query, in order and apart; none before phrasing, none in a refusal row."""
    task: Task = "ground"
    question: str | None = None
    options: tuple[str, ...] = ()
    answer: str | None = None
    filters: Mapping[str, float] = field(default_factory=dict)
    """Score of each check that it passed, by a short stable name."""
    difficulty: float | None = None
    """0 (never found) to 100 (always found); None until a grounder has tried."""
    rollouts: Rollouts | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    """Whatever else a step wants to be read in the row; JSON values only."""

    def scored(self, **scores: float) -> "Candidate":
        """Return a copy with the scores of checks it passed added."""
        return replace(self, filters={**self.filters, **scores})


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a candidate is no row."""

    stage: str
    """One of `scenetg.stages`."""
    reason: str
    """Short stable words that can be counted: `too short`, `looks like another scene`."""
    value: float | None = None
    """What was measured."""
    limit: float | None = None
    """What it was held against: one setting."""
    detail: str = ""
    """For people: which other place, what the model wrote."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A candidate that was taken off the line, as it was then."""

    candidate: Candidate
    rejection: Rejection


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step leaves; a step that makes new rows returns them among the kept."""

    kept: tuple[Candidate, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    broken: Mapping[str, str] = field(default_factory=dict)
    """By id, why a video cannot be read any more; told by steps that work on several videos at once."""


def sort_out(candidates: Sequence[Candidate], results: Iterable[Candidate | Rejection]) -> Outcome:
    """Return the outcome of one result per candidate, in order."""
    kept: list[Candidate] = []
    rejected: list[Rejected] = []
    for candidate, result in zip(candidates, results, strict=True):
        if isinstance(result, Rejection):
            rejected.append(Rejected(candidate, result))
        else:
            kept.append(result)
    return Outcome(tuple(kept), tuple(rejected))
