"""When to stop looking: the rule is here and nowhere else, a pure function of the state."""

from agent.context import Budget
from agent.state import State

MODES_WITHOUT_SEARCH = frozenset({"uniform", "given-span"})


def stop_reason(state: State, budget: Budget, *, look_frames: int, verify_frames: int) -> str:
    """Return why looking ends now, or an empty string to look at the next window.

    `look_frames` and `verify_frames` are the most that one more look can show; the frames of the
    answer are set aside first, so that a run never shows more than `budget.frames`.
    """
    if state["mode"] in MODES_WITHOUT_SEARCH:
        return f"mode {state['mode']} looks at no windows"
    if len(state["evidence"]) >= state["wanted"]:
        return "enough evidence"
    if not state["windows"]:
        return "nothing to look at"
    if state["looks"] >= len(state["windows"]):
        return "every window was looked at"
    if state["looks"] >= budget.looks:
        return f"look budget spent ({budget.looks})"
    return _spent(state, budget, max(look_frames, state["largest_look"]) + verify_frames)


def _spent(state: State, budget: Budget, next_frames: int) -> str:
    if budget.frames is not None:
        answer = answer_reserve(budget) if state["goal"] == "answer" else 0
        if next_frames and state["cost"]["frames"] + next_frames + answer > budget.frames:
            return (
                f"frame budget spent ({state['cost']['frames']} of {budget.frames} shown, "
                f"one more look takes up to {next_frames} and the answer {answer})"
            )
    seconds = sum(state["seconds"].values())
    if budget.seconds is not None and seconds >= budget.seconds:
        return f"time budget spent ({seconds:.1f} of {budget.seconds:g} s)"
    return ""


def answer_reserve(budget: Budget) -> int:
    """Return the frames kept back for the answer: at most half of a small budget."""
    if budget.frames is None:
        return budget.answer_frames
    return min(budget.answer_frames, budget.frames // 2)


def frames_left(state: State, budget: Budget, wish: int) -> int:
    """Return how many of the `wish` frames may still be shown."""
    if budget.frames is None:
        return wish
    return max(0, min(wish, budget.frames - state["cost"]["frames"]))
