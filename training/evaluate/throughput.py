"""Throughput: queries per second, and which share of the time went where."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from training.evaluate.prediction import Prediction

PARTS = ("decode", "vision", "text", "search")


@dataclass(frozen=True, slots=True)
class Session:
    """What one start of the command did."""

    queries: int
    seconds: float
    """By the clock on the wall, whatever the number of workers."""


def throughput(predictions: Sequence[Prediction], session: Session) -> dict[str, object]:
    """Return the figures of a run as JSON values; rates are None where nothing was asked."""
    spent = [asdict(said.seconds) for said in predictions]
    total = sum(seconds["total"] for seconds in spent)
    parts = {part: sum(seconds[part] for seconds in spent) for part in PARTS}
    return {
        "queries": len(predictions),
        "seconds": round(total, 3),
        "queries_per_second": round(len(predictions) / total, 4) if total else None,
        "share": {
            part: round(value / total, 4) if total else None for part, value in parts.items()
        },
        "frames": sum(said.frames for said in predictions),
        "visual_tokens": sum(said.visual_tokens for said in predictions),
        "last_session": {
            "queries": session.queries,
            "seconds": round(session.seconds, 3),
            "queries_per_second": round(session.queries / session.seconds, 4)
            if session.queries and session.seconds
            else None,
        },
    }


def told(figures: Mapping[str, object]) -> str:
    """Return the figures as one line for people."""
    share = figures["share"]
    assert isinstance(share, dict)
    parts = ", ".join(f"{part} {value:.0%}" for part, value in share.items() if value is not None)
    return (
        f"{figures['queries']} queries in {figures['seconds']} s: {figures['queries_per_second']} a second ({parts}); "
        f"{figures['frames']} frames, {figures['visual_tokens']} visual tokens"
    )
