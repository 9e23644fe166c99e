"""The end of a run: from moments to an Answer, and what it is worth.

- evidence that is sure (see `deciding`) and an answer that rests on it   → answered
- evidence, but not sure, or an answer that does not fit it               → uncertain
- no evidence                                                             → not_found, with the closest moments
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from agent.answer import Answer, Evidence, Option
from agent.citations import is_covered, kept_citations, without_foreign_times
from agent.context import Context
from agent.deciding import BY_INDEX, absence, doubt, worth_naming
from agent.modes import frame_times, random_spans
from agent.roles import Draft, Said, Shot
from agent.routing import frames_left
from agent.state import Candidate, State, span_of
from grounder.ground.grounding import Cost
from grounder.span import Span, suppress
from grounder.video.frames import Frames

MAX_CLOSEST = 5
MAX_OVERLAP = 0.5
"""Closest moments that overlap more than this are one."""


@dataclass(frozen=True, slots=True)
class Composed:
    """An answer without its trace, and what making it cost."""

    answer: Answer
    said: str
    """For people, one line."""
    cost: Cost = field(default_factory=Cost)
    frame_times: tuple[float, ...] = ()


def compose(state: State, context: Context) -> Composed:
    """Make the answer of a run that has stopped looking."""
    evidence = evidence_rows(state, context)
    if not evidence:
        return _not_found(state, context)
    if state["goal"] == "moments":
        doubts = doubts_about(state, context)
        found = _answer(state, context, evidence, Draft(""), doubts)
        return Composed(found, f"{len(evidence)} found")
    return _speak(state, context, evidence)


def evidence_rows(state: State, context: Context) -> tuple[Evidence, ...]:
    """Return the evidence of the state's mode, best first: what was seen goes before what was not."""
    if state["mode"] == "uniform":
        return (_control(context, context.span, rank=1, source="uniform"),)
    ranked = ranked_evidence(state)
    if state["mode"] == "random-span":
        moved = random_spans([span_of(row) for row in ranked], context.span, seed=state["seed"])
        return tuple(
            _control(context, span, rank=rank, source="random")
            for rank, span in enumerate(moved, 1)
        )
    return tuple(_row(context, row, rank) for rank, row in enumerate(ranked, 1))


def ranked_evidence(state: State) -> list[Candidate]:
    """Return the moments that passed, best first; for an answer only those worth naming beside the best."""
    rows = sorted(state["evidence"], key=lambda row: (row["verdict"] != "seen", -row["score"]))
    if state["goal"] == "moments":
        return rows
    return [row for row in rows if worth_naming(row, rows[0])]


def closest_rows(state: State, context: Context) -> tuple[Evidence, ...]:
    """Return the nearest moments of a run without evidence: those rejected, then windows not looked at."""
    unseen = [
        Candidate(
            start=window["start"],
            end=window["end"],
            score=window["probability"],
            score_kind=BY_INDEX,
            presence=window["presence"],
            sources=window["sources"],
            query=window["query"],
            verdict="unverified",
            note="",
        )
        for window in state["windows"]
    ]
    rows = sorted(state["rejected"], key=lambda row: -row["score"]) + unseen
    kept = suppress([span_of(row) for row in rows], max_iou=MAX_OVERLAP)[:MAX_CLOSEST]
    return tuple(_row(context, rows[at], rank) for rank, at in enumerate(kept, 1))


def doubts_about(state: State, context: Context) -> list[str]:
    """Return why the best evidence may be wrong; empty when it is sure."""
    if state["mode"] in {"uniform", "random-span"}:
        return []
    looks = context.roles.verifier.looks
    why = doubt(ranked_evidence(state)[0], context.thresholds, verifier_looks=looks)
    return [why] if why else []


def presence_of(state: State) -> float | None:
    """Return the chance that any of what was searched is in the video at all; None without a search."""
    return max((window["presence"] for window in state["windows"]), default=None)


def checked(
    draft: Draft, evidence: Sequence[Span], *, quotable: Sequence[str] = ()
) -> tuple[Draft, list[str]]:
    """Return the draft without times that its evidence does not cover, and what was wrong with it.

    Times that are quoted from the `quotable` texts stay, see `citations`.
    """
    text, removed = draft.text, list[str]()
    if not draft.quotation:
        text, removed = without_foreign_times(draft.text, evidence, quotable=quotable)
    outside = [span for span in draft.citations if not is_covered(span, evidence)]
    doubts = (
        [f"The answer named times outside its evidence: {', '.join(removed)}."] if removed else []
    )
    if outside:
        listed = ", ".join(f"{span.start:g}-{span.end:g} s" for span in outside)
        doubts.append(f"Citations outside the evidence were removed: {listed}.")
    if not draft.enough:
        doubts.append("The answerer says that what it was shown does not answer the question.")
    kept = tuple(kept_citations(draft.citations, evidence))
    return replace(draft, text=text, citations=kept), doubts


def quotable_texts(
    draft: Draft, evidence: Sequence[Span], state: State, context: Context
) -> list[str]:
    """Return what a draft may quote: what is said in the evidence it cites (all, if it cites none), its option."""
    cited = [span for span in evidence if any(span.overlap(c) > 0 for c in draft.citations)]
    texts = [context.describe(span) for span in cited or evidence]
    return texts if draft.option is None else [*texts, state["options"][draft.option]]


def _speak(state: State, context: Context, evidence: tuple[Evidence, ...]) -> Composed:
    frames = _frames(state, context)
    # The controls are told the same things about their spans, or they would not compare.
    moments = [
        Shot(row.span, no_frames(), row.text or context.describe(row.span)) for row in evidence
    ]
    said = context.roles.answerer.answer(state["question"], state["options"], frames, moments)
    doubts = doubts_about(state, context)
    if said.value is None:
        doubts.append(f"answer: {said.failure}.")
        draft = Draft("")
    else:
        spans = [row.span for row in evidence]
        quotable = quotable_texts(said.value, spans, state, context)
        draft, wrong = checked(said.value, spans, quotable=quotable)
        doubts += wrong
    answer = _answer(state, context, evidence, draft, doubts)
    return Composed(
        answer, _line(answer, said, len(frames)), said.cost, tuple(frames.times.tolist())
    )


def _frames(state: State, context: Context) -> Frames:
    answerer = context.roles.answerer
    if not answerer.frames_wanted(state["options"]):
        return no_frames()
    times = frame_times(
        state["mode"],
        [span_of(row) for row in ranked_evidence(state)],
        context.span,
        budget=frames_left(state, context.budget, context.budget.answer_frames),
        spacing=context.budget.spacing,
        seed=state["seed"],
    )
    return context.video.frames(times, max_side=answerer.max_side) if times else no_frames()


def no_frames() -> Frames:
    """Return frames of nothing."""
    import numpy as np

    return Frames(np.empty((0, 0, 0, 3), np.uint8), np.empty(0))


def _answer(
    state: State,
    context: Context,
    evidence: tuple[Evidence, ...],
    draft: Draft,
    doubts: list[str],
) -> Answer:
    option = None
    if draft.option is not None:
        option = Option(draft.option, state["options"][draft.option])
    return Answer(
        question=state["question"],
        status="uncertain" if doubts else "answered",
        text=draft.text or None,
        option=option,
        confidence=_rounded(
            draft.confidence if draft.confidence is not None else _confidence(evidence)
        ),
        presence=_rounded(presence_of(state)),
        evidence=evidence,
        mode=state["mode"],
        models=context.models(),
        warnings=tuple(
            dict.fromkeys((*context.warnings, *state["warnings"], *doubts, *draft.notes))
        ),
    )


def _confidence(evidence: tuple[Evidence, ...]) -> float | None:
    stated = {BY_INDEX, "stated"}
    return evidence[0].score if evidence[0].score_kind in stated else None


def _rounded(chance: float | None) -> float | None:
    return None if chance is None else round(chance, 4)


def _not_found(state: State, context: Context) -> Composed:
    unlooked = len(state["windows"]) - state["looks"]
    presence = presence_of(state)
    notes = [absence(presence, context.thresholds)]
    if unlooked:
        notes.append(f"Looking stopped early: {state['stop']}; windows not looked at: {unlooked}.")
    answer = Answer(
        question=state["question"],
        status="not_found",
        presence=_rounded(presence),
        closest=closest_rows(state, context),
        mode=state["mode"],
        models=context.models(),
        warnings=(*context.warnings, *state["warnings"], *filter(None, notes)),
    )
    return Composed(answer, "not found")


def _row(context: Context, row: Candidate, rank: int) -> Evidence:
    span = span_of(row)
    return Evidence(
        video_id=context.indexed.video_id,
        path=str(context.video.path),
        span=span,
        score=row["score"],
        score_kind=row["score_kind"],
        rank=rank,
        source=tuple(row["sources"]),
        text=" ".join(filter(None, (row["note"], context.describe(span)))),
    )


def _control(context: Context, span: Span, *, rank: int, source: str) -> Evidence:
    return Evidence(
        video_id=context.indexed.video_id,
        path=str(context.video.path),
        span=span,
        score=0.0,
        score_kind="control",
        rank=rank,
        source=(source,),
    )


def _line(answer: Answer, said: Said[Draft], num_frames: int) -> str:
    if said.value is None:
        return said.failure
    over = f" over {num_frames} frames" if num_frames else ""
    return f"{answer.status}{over}"
