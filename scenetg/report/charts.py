"""Distributions: how long places are, where in their videos they lie, how hard rows are, of which kinds."""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from grounder.page import Markup, Part, element, figure, histogram, section, share_bar
from grounder.page.plots import Tone
from grounder.sample import Sample
from scenetg.report.written import Written

BINS = 10
KINDS: dict[str, Tone] = {
    "one place": "green",
    "several places": "blue",
    "question": "violet",
    "never true": "grey",
}
"""Of rows, and how each is drawn."""


def charts(written: Written) -> Markup:
    """Return the section."""
    spans, rows = written.spans, written.rows or ()
    drawn = []
    if spans:
        lengths = [end - start for start, end, _ in spans]
        longest = _round_up(max(lengths))
        note = f"Median {np.median(lengths):.1f} s, of {len(lengths)}."
        drawn.append(_histogram("Length", lengths, longest, "seconds", "places", note))
        places = [(start + end) / 2 / duration for start, end, duration in spans]
        drawn.append(_histogram("Position in the video", places, 1.0, "centre, as a share of the video", "places", "Level is best: a grounder can then not guess."))  # fmt: skip
    hard = [row.difficulty for row in rows if row.difficulty is not None]
    if hard:
        note = "100 x the mean overlap of the tries of a grounder: 0 is never found, 100 always."
        drawn.append(_histogram("Difficulty", hard, 100.0, "how well it is found again", "rows", note))  # fmt: skip
    if not drawn:
        return Markup("")
    what = "Of rows, all splits together." if rows else "Of candidates: there are no rows yet."
    kinds = _kinds(rows) if rows else Markup("")
    return section("Distributions", kinds, element("div", {"class": "plots"}, *drawn), note=what)


def kind_of(row: Sample) -> str:
    """Return which of `KINDS` a row is."""
    if row.task == "qa":
        return "question"
    if not row.spans:
        return "never true"
    return "one place" if len(row.spans) == 1 else "several places"


def _kinds(rows: Sequence[Sample]) -> Markup:
    counts = Counter(map(kind_of, rows))
    parts = [
        Part(name, counts[name] / len(rows), tone, f"{counts[name]} rows")
        for name, tone in KINDS.items()
        if counts[name]
    ]
    return share_bar(parts, title="Shares of rows by kind")


def _histogram(
    title: str, values: list[float], most: float, across: str, up: str, note: str
) -> Markup:
    counts, edges = np.histogram(values, bins=BINS, range=(0.0, most))
    drawing = histogram(counts.tolist(), edges.tolist(), title=title, across=across, up=up)
    return figure(title, drawing, note=note)


def _round_up(value: float) -> float:
    """Return the next 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value))
    return float(next(step * power for step in (1, 2, 5, 10) if value <= step * power))
