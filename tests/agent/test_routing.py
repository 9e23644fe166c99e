"""The stop rule, as a table: when the agent looks on, and why it stops."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.context import Budget
from agent.routing import answer_reserve, frames_left, stop_reason
from agent.state import Candidate, State, WindowRow, fresh_state

WINDOW = WindowRow(
    start=0, end=1, probability=0.5, presence=0.9, sources=["visual"], text="", query="q"
)
MOMENT = Candidate(
    start=0,
    end=1,
    score=1,
    score_kind="stated",
    presence=0.9,
    sources=[],
    query="q",
    verdict="seen",
    note="",
)


def state(**changes: Any) -> State:
    fresh = fresh_state(
        "q", options=(), goal="answer", mode="grounded", seed=0, video_id="v", wanted=1, given=()
    )
    fresh["windows"] = [WINDOW] * 5
    return {**fresh, **changes}  # type: ignore[typeddict-item]  # a table of any fields


def cost(frames: int) -> dict[str, int]:
    return {"frames": frames, "visual_tokens": 0, "prompt_tokens": 0, "completion_tokens": 0}


@pytest.mark.parametrize(
    ("changes", "budget", "reason"),
    [
        ({}, Budget(), ""),
        ({"looks": 3}, Budget(looks=4), ""),
        ({"evidence": [MOMENT]}, Budget(), "enough evidence"),
        ({"evidence": [MOMENT], "wanted": 2}, Budget(), ""),
        ({"looks": 5}, Budget(looks=9), "every window was looked at"),
        ({"windows": []}, Budget(), "nothing to look at"),
        ({"looks": 4}, Budget(looks=4), "look budget spent"),
        ({"mode": "uniform"}, Budget(), "mode uniform"),
        ({"mode": "given-span"}, Budget(), "mode given-span"),
        ({"seconds": {"plan": 1.0, "ground": 2.0}}, Budget(seconds=3), "time budget spent"),
        ({"seconds": {"plan": 1.0, "ground": 1.9}}, Budget(seconds=3), ""),
        ({"cost": cost(40)}, Budget(frames=100, answer_frames=32), ""),
        ({"cost": cost(41)}, Budget(frames=100, answer_frames=32), "frame budget spent"),
        ({"cost": cost(41), "goal": "moments"}, Budget(frames=100, answer_frames=32), ""),
        ({"cost": cost(10), "largest_look": 60}, Budget(frames=100), "frame budget spent"),
    ],
)
def test_looking_stops_for_one_reason_at_a_time(
    changes: dict[str, Any], budget: Budget, reason: str
) -> None:
    said = stop_reason(state(**changes), budget, look_frames=20, verify_frames=8)
    assert said.startswith(reason)
    assert bool(said) == bool(reason)


def test_looks_that_show_no_frames_ignore_the_frame_budget() -> None:
    spent = state(cost=cost(100))
    assert not stop_reason(spent, Budget(frames=10), look_frames=0, verify_frames=0)


@given(st.integers(1, 500), st.integers(1, 64), st.integers(1, 200), st.integers(0, 16))
def test_a_run_by_this_rule_never_shows_more_frames_than_its_budget(
    frames: int, answer_frames: int, look_frames: int, verify_frames: int
) -> None:
    budget = Budget(looks=50, frames=frames, answer_frames=answer_frames)
    shown = 0
    for looks in range(5):
        now = state(cost=cost(shown), looks=looks)
        if stop_reason(now, budget, look_frames=look_frames, verify_frames=verify_frames):
            break
        shown += look_frames + verify_frames
    shown += frames_left(state(cost=cost(shown)), budget, budget.answer_frames)
    assert shown <= frames


def test_a_small_budget_keeps_half_of_itself_for_the_answer() -> None:
    assert answer_reserve(Budget(frames=20)) == 10
    assert answer_reserve(Budget(frames=1000)) == Budget().answer_frames
    assert answer_reserve(Budget()) == Budget().answer_frames


@pytest.mark.parametrize(
    "wrong", [{"looks": 0}, {"frames": -1}, {"seconds": -1.0}, {"answer_frames": 0}]
)
def test_a_budget_below_its_bounds_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="at least"):
        Budget(**wrong)
