"""The funnel: what entered each stage, what it made, what it turned away and why."""

from collections.abc import Mapping
from typing import Any

from grounder.page import Markup, Step, element, funnel, section
from scenetg.report.written import Written

MEANINGS = {
    "probe": "opens, and is long enough",
    "shots": "can be decoded to its end",
    "scenes": "shots that look alike, of fitting length",
    "sharpness": "both ends are seen clearly",
    "duplicates": "no other scene looks like it",
    "events": "inside a scene, ends that are no cuts",
    "describe": "what it shows, in words",
    "phrase": "a query without time, sound or written text",
    "uniqueness": "three votes: fits here alone, or at places that are confirmed",
    "extent": "each place cut to the part that shows it",
    "roundtrip": "a grounder looks for it in the whole video",
    "questions": "answered by the stretch, not by guessing",
    "refusals": "queries of other videos, true nowhere here",
    "sampling": "by difficulty, and by video",
}
OF_VIDEOS = ("probe", "shots")
"""Stages that count videos; the others count stretches, then rows."""


def stages(written: Written) -> Markup:
    """Return the funnel of videos, and that of what was cut from them."""
    tallies = written.manifest["stages"]
    meanings = MEANINGS | _left_out(written.manifest)
    videos = [_step(one, meanings) for one in tallies if one["stage"] in OF_VIDEOS]
    others = [_step(one, meanings) for one in tallies if one["stage"] not in OF_VIDEOS]
    note = (
        "What came in, plus what the stage made, less what it turned away, is what goes on to the next. Each reason "
        "stands with its count; rejected.jsonl has every single one, with value and limit."
    )
    return section(
        "From videos to rows" if written.rows is not None else "From videos to candidates",
        element("h3", {"class": "group"}, "Videos"),
        funnel(videos, dropped="gone"),
        element("h3", {"class": "group"}, "Stretches, then rows"),
        funnel(others, dropped="gone with their video"),
        note=note,
    )


def _left_out(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return why stages did nothing that this run was told to do without."""
    told = {
        f"{stage}.{name}": manifest["settings"][stage][name]
        for stage, name in (("extent", "parts"), ("questions", "share"), ("refusals", "per_video"))
    }
    off = {
        key.partition(".")[0]: f"left out: {key} is 0" for key, value in told.items() if not value
    }
    if "grounder" not in manifest["models"]:
        off["roundtrip"] = "left out: no grounder was named"
    return off


def _step(tally: Mapping[str, Any], meanings: Mapping[str, str]) -> Step:
    left = sorted(tally["rejected"].items(), key=lambda one: (-one[1], one[0]))
    return Step(
        tally["stage"],
        meanings.get(tally["stage"], ""),
        entered=tally["entered"],
        added=tally["added"],
        kept=tally["kept"],
        dropped=tally["dropped"],
        left=left,
    )
