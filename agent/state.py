"""State: what the graph knows about one question; plain values only, so that a checkpoint is data.

Every node returns a State with only the fields it changes; the fields with a reducer add up.
"""

from collections.abc import Mapping, Sequence
from operator import add
from typing import Annotated, Literal, TypedDict

from agent.answer import Document
from agent.modes import Mode
from grounder.ground.grounding import Cost
from grounder.span import Span

Goal = Literal["answer", "moments"]
Verdict = Literal["seen", "not_seen", "unverified"]


class WindowRow(TypedDict):
    """A search result that waits to be looked at."""

    start: float
    end: float
    probability: float
    presence: float
    sources: list[str]
    text: str
    query: str


class Candidate(TypedDict):
    """A moment that was grounded."""

    start: float
    end: float
    score: float
    score_kind: str
    presence: float
    """Chance that its query is in the video at all, as the index sees it."""
    sources: list[str]
    query: str
    verdict: Verdict
    note: str
    """What the verifier saw."""


class StepRow(TypedDict):
    """One step of the trace, see `agent.answer.Step`."""

    node: str
    said: str
    data: dict[str, object]
    seconds: float


class CostRow(TypedDict):
    """`grounder.ground.Cost` as plain numbers."""

    frames: int
    visual_tokens: int
    prompt_tokens: int
    completion_tokens: int


def add_costs(left: CostRow, right: CostRow) -> CostRow:
    """Reducer: costs add up."""
    return cost_row(Cost(**left) + Cost(**right))


def add_seconds(left: Mapping[str, float], right: Mapping[str, float]) -> dict[str, float]:
    """Reducer: seconds add up per node."""
    return {name: left.get(name, 0.0) + right.get(name, 0.0) for name in {**left, **right}}


class State(TypedDict, total=False):
    """One question on its way."""

    question: str
    options: list[str]
    goal: Goal
    mode: Mode
    seed: int
    video_id: str
    given: list[list[float]]
    """Spans that came with the question, as [start, end]."""
    wanted: int
    """This many moments of evidence are enough."""
    queries: list[str]
    windows: list[WindowRow]
    looks: int
    """How many of the windows have been looked at."""
    candidates: list[Candidate]
    """Moments of the latest look, not yet verified."""
    evidence: Annotated[list[Candidate], add]
    rejected: Annotated[list[Candidate], add]
    trace: Annotated[list[StepRow], add]
    warnings: Annotated[list[str], add]
    cost: Annotated[CostRow, add_costs]
    seconds: Annotated[dict[str, float], add_seconds]
    largest_look: int
    """Frames of the costliest look so far."""
    stop: str
    """Why looking ended; empty while it goes on."""
    answer: Document


def fresh_state(
    question: str,
    *,
    options: Sequence[str],
    goal: Goal,
    mode: Mode,
    seed: int,
    video_id: str,
    wanted: int,
    given: Sequence[Span],
) -> State:
    """Return the state a run starts from; `given` spans count as evidence at once."""
    return State(
        question=question,
        options=list(options),
        goal=goal,
        mode=mode,
        seed=seed,
        video_id=video_id,
        given=[[span.start, span.end] for span in given],
        wanted=wanted,
        queries=[],
        windows=[],
        looks=0,
        candidates=[],
        evidence=[_given(span) for span in given],
        rejected=[],
        trace=[],
        warnings=[],
        cost=cost_row(Cost()),
        seconds={},
        largest_look=0,
        stop="",
    )


def cost_row(cost: Cost) -> CostRow:
    """Return a cost as plain numbers."""
    return CostRow(
        frames=cost.frames,
        visual_tokens=cost.visual_tokens,
        prompt_tokens=cost.prompt_tokens,
        completion_tokens=cost.completion_tokens,
    )


def span_of(row: WindowRow | Candidate) -> Span:
    """Return the stretch a row is about."""
    return Span(row["start"], row["end"])


def step(node: str, said: str, **data: object) -> list[StepRow]:
    """Return one step of the trace; the graph fills in its seconds.

    `news=False` in `data` marks a step that people need not see.
    """
    return [StepRow(node=node, said=said, data=data, seconds=0.0)]


def _given(span: Span) -> Candidate:
    return Candidate(
        start=span.start,
        end=span.end,
        score=1.0,
        score_kind="given",
        presence=1.0,
        sources=["given"],
        query="",
        verdict="seen",
        note="",
    )
