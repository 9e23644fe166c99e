"""The manifest: what a dataset was made of and how, the same for the same order whatever happened meanwhile."""

from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from scenetg.line.order import Built, Dropped, Order
from scenetg.line.sources import Source

SCHEMA = 1


def manifest(order: Order, built: Built, rows: dict[str, int] | None) -> dict[str, Any]:
    """Return the manifest as a JSON object.

    Args:
        order: what was asked for.
        built: what has come of it.
        rows: how many each split has; None where no model was there to make rows.
    """
    return {
        "schema": SCHEMA,
        "made_by": f"whenwhat {version('whenwhat')}",
        "models": order.models,
        "settings": asdict(order.settings),
        "stages": [asdict(tally) for tally in built.tallies],
        "candidates": len(built.candidates),
        "rows": rows,
        "hours": round(sum(built.durations.values()) / 3600, 4),
        "videos": _videos(order, built),
        "unreadable": [{"path": str(one.path), "reason": one.reason} for one in built.unreadable],
    }


def _videos(order: Order, built: Built) -> list[dict[str, Any]]:
    dropped = {one.source.video_id: one for one in built.dropped}
    return [_video(order, built, source, dropped.get(source.video_id)) for source in built.sources]


def _video(order: Order, built: Built, source: Source, dropped: Dropped | None) -> dict[str, Any]:
    facts = built.facts.get(source.video_id)
    row: dict[str, Any] = {
        "sha256": source.video_id,
        "path": str(source.path),
        "copies": [str(path) for path in source.copies],
        "license": order.licences.of(source.path),
        **(asdict(facts) if facts else {}),
        "usable": built.durations.get(source.video_id),
        "split": built.splits.get(source.video_id),
        "warnings": list(built.warnings.get(source.video_id, ())),
        "status": "used",
    }
    if dropped is not None:
        rejection = dropped.rejection
        row["status"] = rejection.reason
        row["stage"] = rejection.stage
        row["reason"] = rejection.detail or f"{rejection.value} s; at least {rejection.limit} s"
    return {name: value for name, value in row.items() if value not in (None, "", [])}


def quarantine_note(one: Dropped) -> str:
    """Return one line about a video that was dropped, for people."""
    rejection = one.rejection
    if rejection.detail:
        return f"{rejection.detail} It is left out; the rest goes on."
    return (
        f"{one.source.path} is left out: {rejection.reason} ({rejection.value:.1f} s, at least "
        f"{rejection.limit:g} s)."
    )
