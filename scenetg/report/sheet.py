"""The contact sheet: rows and rejected candidates, drawn by a seed, each with its timeline and pictures."""

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import TypeVar

from grounder.page import Markup, element, joined, section
from grounder.page.plots import Tone
from grounder.sample import Sample
from grounder.timetext import clock_range
from scenetg.candidate import Candidate, Rejection
from scenetg.report.charts import KINDS, kind_of
from scenetg.report.exhibit import Exhibit, shown
from scenetg.report.written import TurnedAway, Written
from scenetg.stages import VISUAL

KEPT = 8
TURNED_AWAY = 12
TONES: dict[str, Tone] = {stage.name: "amber" for stage in VISUAL}
"""Of stages that see; those that ask a model turn away in red."""

T = TypeVar("T")


def sheet(written: Written, *, seed: int) -> Markup:
    """Return the sections of what was kept and of what was turned away."""
    rows = drawn_evenly(written.rows or (), KEPT, seed, kind_of)
    found = () if written.rows is not None else written.candidates
    away = [one for one in written.turned_away if one.candidate is not None]
    reasons = drawn_evenly(away, TURNED_AWAY, seed, lambda one: one.rejection.reason)
    drawn = f"Drawn with seed {seed}; of each kind one before a second of any."
    return joined(
        [
            _section("Rows to look at", [_row(one) for one in rows], drawn),
            _section(
                "Candidates to look at",
                [_candidate(one) for one in drawn_evenly(found, KEPT, seed, lambda one: one.kind)],
                drawn,
            ),
            _section(
                "Turned away: is the check right about them?",
                [_turned_away(one) for one in reasons],
                f"Drawn with seed {seed}; of each reason one before a second of any.",
            ),
        ]
    )


def drawn_evenly(things: Sequence[T], count: int, seed: int, group: Callable[[T], str]) -> list[T]:
    """Return at most `count` things: one of each group before a second of any, drawn by the seed."""
    shuffled = list(things)
    random.Random(seed).shuffle(shuffled)
    groups: dict[str, list[T]] = defaultdict(list)
    for thing in shuffled:
        groups[group(thing)].append(thing)
    turns = zip_longest(*(groups[name] for name in sorted(groups)))
    return [thing for turn in turns for thing in turn if thing is not None][:count]


def _section(title: str, exhibits: Sequence[Exhibit], note: str) -> Markup:
    if not exhibits:
        return Markup("")
    return section(title, element("div", {"class": "sheet"}, *map(shown, exhibits)), note=note)


def _row(row: Sample) -> Exhibit:
    kind = kind_of(row)
    facts = [row.split]
    if row.difficulty is not None:
        facts.append(f"difficulty {row.difficulty:.0f}")
    if row.answer:
        facts.append(f"answer: {row.answer}")
    return Exhibit(
        kind, KINDS[kind], row.question or row.query, facts, row.video, row.duration, row.spans, "true"
    )  # fmt: skip


def _candidate(one: Candidate) -> Exhibit:
    return Exhibit(one.kind, "green", _title(one), (), one.video, one.duration, (one.span,), "true")


def _turned_away(one: TurnedAway) -> Exhibit:
    candidate, why = one.candidate, one.rejection
    assert candidate is not None  # videos are listed in the data card
    facts = [why.stage, *_measured(why)]
    if why.detail and why.detail != candidate.query:
        facts.append(why.detail)
    return Exhibit(
        why.reason, TONES.get(why.stage, "red"), _title(candidate), facts,
        candidate.video, candidate.duration, candidate.spans or (candidate.span,), "rejected",
    )  # fmt: skip


def _title(one: Candidate) -> str:
    return one.question or one.query or one.caption or f"{one.kind}, {clock_range(one.span)}"


def _measured(why: Rejection) -> list[str]:
    if why.value is None:
        return [] if why.limit is None else [f"limit {why.limit:g}"]
    return [
        f"{why.value:.3g}" + ("" if why.limit is None else f" against a limit of {why.limit:g}")
    ]
