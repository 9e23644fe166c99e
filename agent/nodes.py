"""The nodes of the graph: (state, context) -> the fields that change.

What they decide on is elsewhere: when to stop in `routing`, what counts in `deciding`, which frames to show in `modes`, what a
reply may look like in `prompts`, what the moments found are worth in `compose`.
"""

import math
from collections.abc import Sequence

from agent import narrate
from agent.compose import compose
from agent.context import Context
from agent.deciding import BY_INDEX, is_evidence
from agent.modes import frame_times
from agent.roles import Judgement, Plan, Said, Shot
from agent.routing import frames_left, stop_reason
from agent.state import Candidate, State, Verdict, WindowRow, cost_row, span_of, step
from grounder.ground.grounding import Cost, Grounding, Moment
from grounder.search import Window
from grounder.search import search as search_index
from grounder.span import Span, overlap_of_sets

MAX_MOMENTS = 3
"""Moments of one look that are verified: beyond it a grounder is guessing."""
EACH = 1000
"""More moments than any budget reaches: the question asks for every occurrence."""
UNSEEN = 1.0
"""Seconds of a window that no look would show; less is not worth one."""
SPARE = 8
"""Windows asked of the index for each one that is looked at: neighbours fall into one."""


def plan(state: State, context: Context) -> State:
    """Turn the question into queries; `find` brings its own."""
    if state["goal"] == "moments":
        queries, every = [state["question"]], False
        return {"queries": queries, "trace": step("plan", narrate.planned(queries, every=every))}
    said = context.roles.planner.plan(state["question"], state["options"])
    made = said.value or Plan((state["question"],))
    queries = list(made.queries)
    return {
        "queries": queries,
        "wanted": EACH if made.every else state["wanted"],
        "cost": cost_row(said.cost),
        "warnings": _failures("plan", [said], then="the question itself was searched for"),
        "trace": step(
            "plan",
            said.failure or narrate.planned(queries, every=made.every),
            queries=queries,
            every=made.every,
            failed=bool(said.failure),
        ),
    }


def search(state: State, context: Context) -> State:
    """Ask the index for windows, the most promising first, no longer than the grounder can look at."""
    longest = min(context.grounder.max_window, context.indexed.duration, context.budget.window)
    looks = context.budget.looks
    found = [
        (window, query)
        for query in state["queries"]
        for window in search_index(context.indexed, query, k=SPARE * looks, longest=longest)
    ]
    found.sort(key=lambda pair: -pair[0].probability)
    rows = [_window_row(window, query, context, longest) for window, query in found]
    order = distinct([span_of(row) for row in rows])
    if context.look_frames:
        order = with_unseen(order, [window.span for window, _ in found], rows)
    windows = [rows[at] for at in order[:looks]]
    return {
        "windows": windows,
        "trace": step("search", narrate.searched(windows), windows=windows),
    }


def route(state: State, context: Context) -> State:
    """Decide whether to look at the next window."""
    reason = stop_reason(
        state,
        context.budget,
        look_frames=context.look_frames,
        verify_frames=context.budget.verify_frames if context.roles.verifier.looks else 0,
    )
    going_on = f"look at window {state['looks'] + 1} of {len(state['windows'])}"
    return {
        "stop": reason,
        "trace": step("route", reason or going_on, stop=bool(reason), news=bool(reason)),
    }


def ground(state: State, context: Context) -> State:
    """Look at the next window."""
    window = state["windows"][state["looks"]]
    grounding = context.grounder.ground(context.video, span_of(window), window["query"])
    reply = grounding.reply
    failure = "the reply could not be read" if reply and reply.status == "failed" else ""
    found = _new_moments(state, grounding, window)
    return {
        "candidates": found,
        "looks": state["looks"] + 1,
        "largest_look": max(state["largest_look"], grounding.cost.frames),
        "cost": cost_row(grounding.cost),
        "warnings": [f"ground: {failure}: {reply.text!r}"] if failure and reply else [],
        "trace": step(
            "ground",
            narrate.grounded(window, found, failure),
            window=[window["start"], window["end"]],
            query=window["query"],
            moments=[[row["start"], row["end"], row["score"]] for row in found],
            reply=reply.text if reply else None,
            frames=grounding.cost.frames,
        ),
    }


def verify(state: State, context: Context) -> State:
    """Look closely at the moments just found; what is not seen there is no evidence."""
    candidates = state["candidates"]
    shots = _shots_to_verify(state, context)
    judged = context.roles.verifier.verify(candidates[0]["query"], shots) if shots else []
    unseen: list[Said[Judgement]] = [Said(None)] * (len(candidates) - len(judged))
    rows = [_judged(*pair) for pair in zip(candidates, [*judged, *unseen], strict=True)]
    kept = [row for row in rows if is_evidence(row, context.thresholds)]
    dropped = [row for row in rows if not is_evidence(row, context.thresholds)]
    return {
        "candidates": [],
        "evidence": kept,
        "rejected": dropped,
        "cost": cost_row(sum((said.cost for said in judged), Cost())),
        "warnings": _failures("verify", judged, then="the moment stays unverified"),
        "trace": step(
            "verify",
            narrate.verified(kept, dropped),
            kept=kept,
            dropped=dropped,
            news=bool(judged or dropped),
        ),
    }


def answer(state: State, context: Context) -> State:
    """Answer over the evidence alone."""
    composed = compose(state, context)
    result = composed.answer
    return {
        "answer": result.document(),
        "cost": cost_row(composed.cost),
        "trace": step(
            "answer",
            composed.said,
            status=result.status,
            frame_times=[round(time, 3) for time in composed.frame_times],
        ),
    }


def distinct(spans: Sequence[Span]) -> list[int]:
    """Return the positions of the spans, best first, that do not share most of themselves with a better one."""
    kept: list[int] = []
    for position, span in enumerate(spans):
        if all(
            span.overlap(spans[better]) <= min(span.duration, spans[better].duration) / 2
            for better in kept
        ):
            kept.append(position)
    return kept


def with_unseen(
    order: Sequence[int], found: Sequence[Span], rows: Sequence[WindowRow]
) -> list[int]:
    """Return the positions to look at, then those found where the stretches looked at do not reach.

    The surroundings of two windows may be nearly one stretch while neither shows all of the other's
    window; what is left out must not count as looked at.
    """
    order = list(order)
    for position, span in enumerate(found):
        seen = overlap_of_sets([span], [span_of(rows[at]) for at in order])
        if position not in order and span.duration - seen >= UNSEEN:
            order.append(position)
    return order


def begun_on(unit: float, span: Span) -> Span:
    """Return a span from its first multiple of `unit` seconds on; 0: as it is.

    Looks that overlap then show the same pictures, paired alike: a model that merges pictures sees a moment as it
    did in the look before.
    """
    start = math.ceil(span.start / unit - 1e-6) * unit if unit else span.start
    return Span(start, span.end) if start < span.end else span


def _window_row(window: Window, query: str, context: Context, longest: float) -> WindowRow:
    span = window.span
    if context.look_frames:
        # A model needs the surroundings to tell where a moment begins and ends.
        span = begun_on(context.look_unit, span.grow_to(longest, within=context.span))
    return WindowRow(
        start=span.start,
        end=span.end,
        probability=window.probability,
        presence=window.presence,
        sources=list(window.sources),
        text=window.text,
        query=query,
    )


def _new_moments(state: State, grounding: Grounding, window: WindowRow) -> list[Candidate]:
    """Return the moments as candidates, without those already met in an overlapping window."""
    known = [span_of(row) for row in (*state["evidence"], *state["rejected"])]
    kept = distinct([*known, *(moment.span for moment in grounding.moments)])
    fresh = [grounding.moments[at - len(known)] for at in kept if at >= len(known)]
    return [
        Candidate(
            start=moment.span.start,
            end=moment.span.end,
            score=_score(moment, grounding, window),
            score_kind=grounding.score_kind,
            presence=window["presence"],
            sources=window["sources"],
            query=window["query"],
            verdict="unverified",
            note="",
        )
        for moment in fresh[:MAX_MOMENTS]
    ]


def _score(moment: Moment, grounding: Grounding, window: WindowRow) -> float:
    """Return the moment's confidence; from the index alone the best is as sure as its window.

    Only the search has seen the whole video: inside a stretch the index can rank, not judge.
    """
    if grounding.score_kind != BY_INDEX:
        return moment.confidence
    best = max(other.confidence for other in grounding.moments)
    return window["probability"] * (moment.confidence / best if best else 1.0)


def _shots_to_verify(state: State, context: Context) -> list[Shot]:
    """Return the moments with their share of the verifier's frames; none when it does not look."""
    rows = state["candidates"]
    if not rows or not context.roles.verifier.looks:
        return []
    left = frames_left(state, context.budget, context.budget.verify_frames)
    shots = []
    for row in rows[:left]:
        span = span_of(row)
        times = frame_times(
            "grounded",
            [span],
            context.span,
            budget=left // len(rows[:left]),
            spacing=context.budget.spacing,
        )
        frames = context.video.frames(times, max_side=context.roles.verifier.max_side)
        shots.append(Shot(span, frames, context.describe(span)))
    return shots


def _judged(row: Candidate, said: Said[Judgement]) -> Candidate:
    if said.value is None:
        return row
    verdict: Verdict = "seen" if said.value.seen else "not_seen"
    return {**row, "verdict": verdict, "note": said.value.note}


def _failures(role: str, said: Sequence[Said[object]], *, then: str) -> list[str]:
    return [f"{role}: {one.failure}; {then}." for one in said if one.failure]
