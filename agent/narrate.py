"""What the agent tells people while it works: one line a step, pure functions of what it knows."""

from collections.abc import Sequence

from agent.state import Candidate, State, WindowRow, span_of
from grounder.timetext import clock_range


def doing(node: str, state: State) -> str:
    """Say what is about to happen."""
    match node:
        case "plan":
            return "reading the question"
        case "search":
            return "searching the index"
        case "ground":
            row = state["windows"][state["looks"]]
            return f'looking at {clock_range(span_of(row))} for "{row["query"]}"'
        case "verify":
            return f"checking {plural(len(state['candidates']), 'moment')}"
        case "answer":
            return "answering" if state["goal"] == "answer" else "collecting"
        case _:
            return ""


def planned(queries: Sequence[str], *, every: bool) -> str:
    """Say what will be searched."""
    listed = " | ".join(f'"{query}"' for query in queries)
    return f"look for {listed}" + (" (each occurrence)" if every else "")


def searched(windows: Sequence[WindowRow]) -> str:
    """Say what the index gave."""
    if not windows:
        return "the index has nothing for this"
    best = windows[0]
    return (
        f"{plural(len(windows), 'window')}, best {clock_range(span_of(best))} "
        f"(p {best['probability']:.2f} there, {best['presence']:.2f} anywhere, {'+'.join(best['sources'])})"
    )


def grounded(window: WindowRow, found: Sequence[Candidate], failure: str) -> str:
    """Say what one look found."""
    where = clock_range(span_of(window))
    if failure:
        return f"{where}: {failure}"
    if not found:
        return f"{where}: nothing there"
    if len(found) == 1 and span_of(found[0]) == span_of(window):
        return scored(found[0])
    return f"{where}: " + ", ".join(scored(row) for row in found)


def verified(kept: Sequence[Candidate], dropped: Sequence[Candidate]) -> str:
    """Say which moments count as evidence."""
    parts = [f"{_verdict(row)} {clock_range(span_of(row))}{_note(row)}" for row in kept]
    parts += [
        f"dropped {clock_range(span_of(row)) + _note(row) if row['note'] else scored(row)}"
        for row in dropped
    ]
    return "; ".join(parts) or "nothing to check"


def scored(row: Candidate) -> str:
    """Write a moment with its score."""
    return f"{clock_range(span_of(row))} ({row['score']:.2f})"


def plural(count: int, noun: str) -> str:
    """Write `1 window`, `2 windows`."""
    return f"{count} {noun}" + ("" if count == 1 else "s")


def _verdict(row: Candidate) -> str:
    return "seen in" if row["verdict"] == "seen" else "unverified"


def _note(row: Candidate) -> str:
    return f": {row['note']}" if row["note"] else ""
