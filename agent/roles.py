"""The three roles of the agent and what each owes, whoever plays it.

A role may fail: a model that answers garbage gives `Said(value=None, failure=…)`, which the graph
records and works around in the open. It never makes a value up.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from grounder.ground.grounding import Cost
from grounder.span import Span
from grounder.video.frames import Frames

T = TypeVar("T", covariant=True)


@dataclass(frozen=True, slots=True)
class Said(Generic[T]):
    """What a role answered and what that cost."""

    value: T | None
    cost: Cost = field(default_factory=Cost)
    failure: str = ""
    """Why there is no value, with the words that could not be read."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to look for."""

    queries: tuple[str, ...]
    """Descriptions of visible or audible moments, the most telling first; at least one."""
    every: bool = False
    """The question asks for each occurrence, not for one."""


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """One moment as a role sees it."""

    span: Span
    frames: Frames
    """Times are seconds of the whole video; may be empty when the budget is spent."""
    text: str
    """Transcript lines and tags there. Untrusted: it comes out of the video file."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether a moment really shows what was asked for."""

    seen: bool
    note: str
    """What is seen there, one sentence."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer before its citations are checked."""

    text: str
    option: int | None = None
    """Index of the chosen option."""
    citations: tuple[Span, ...] = ()
    """Moments it says it rests on."""
    confidence: float | None = None
    enough: bool = True
    """False when what was shown does not answer the question."""
    notes: tuple[str, ...] = ()
    """Warnings for the reader."""
    quotation: bool = False
    """The text repeats the moments and what is said in them, or an option: a time in it is theirs."""


class Planner(Protocol):
    """Turns a question into grounding queries."""

    @property
    def name(self) -> str:
        """Who plays the role, for `Answer.models`."""

    def plan(self, question: str, options: Sequence[str]) -> Said[Plan]:
        """Say what to look for."""


class Verifier(Protocol):
    """Looks again, closely, at moments that were grounded."""

    @property
    def name(self) -> str:
        """Who plays the role."""

    @property
    def looks(self) -> bool:
        """Whether it looks at frames: if not, none are read and nothing is ever `seen`."""

    @property
    def max_side(self) -> int:
        """Longest side in pixels that frames are best handed over with."""

    def verify(self, query: str, shots: Sequence[Shot]) -> list[Said[Judgement]]:
        """Judge each shot, in order."""


class Answerer(Protocol):
    """Answers over the frames it is shown and nothing else."""

    @property
    def name(self) -> str:
        """Who plays the role."""

    @property
    def max_side(self) -> int:
        """Longest side in pixels that frames are best handed over with."""

    def frames_wanted(self, options: Sequence[str]) -> bool:
        """Tell whether it looks at frames at all for these options."""

    def answer(
        self, question: str, options: Sequence[str], frames: Frames, moments: Sequence[Shot]
    ) -> Said[Draft]:
        """Answer; `moments` are the evidence, best first (their `frames` are empty)."""


@dataclass(frozen=True, slots=True)
class Roles:
    """Who plays what."""

    planner: Planner
    verifier: Verifier
    answerer: Answerer

    def names(self) -> dict[str, str]:
        """Return role to model name."""
        return {
            "planner": self.planner.name,
            "verifier": self.verifier.name,
            "answerer": self.answerer.name,
        }
