"""Queries to look at: the worst, the middling and the best, each with its timeline and pictures."""

import random
from collections.abc import Sequence
from pathlib import Path

from grounder.errors import VideoError
from grounder.page import Lane, Markup, element, section, strip, timeline
from grounder.page.markup import joined
from grounder.span import Span
from grounder.timetext import clock_range
from training.evaluate.videos import find_video
from training.report.judged_run import JudgedRun
from training.report.verdict import Row

EACH = 3
"""Queries of each kind."""
FOUND = 3
"""Moments that are drawn."""
LONGEST = 600
"""Characters of an answer that are shown."""


def examples(judged: JudgedRun, *, seed: int = 0) -> Markup:
    """Return the section; of equally good queries the seed chooses.

    Args:
        judged: the run.
        seed: which of them are taken.
    """
    groups = sampled(judged.rows, seed=seed)
    if not groups:
        return Markup("")
    parts = [
        joined([element("h3", {"class": "group"}, name), *(_card(row, judged) for row in rows)])
        for name, rows in groups.items()
    ]
    note = (
        f"Sampled with seed {seed}: the {EACH} with the lowest IoU (or a wrong answer), {EACH} around the median, the {EACH} with "
        f"the highest, and {EACH} that are never true. Pictures are from the start, the middle and the end of the first moment."
    )
    return section("Queries to look at", *parts, note=note)


def sampled(rows: Sequence[Row], *, seed: int) -> dict[str, list[Row]]:
    """Return the worst, the median and the best queries that were replied to, and some never true; none twice."""
    replied = [row for row in rows if row.said is not None]
    random.Random(seed).shuffle(replied)
    true = [row for row in replied if row.iou is not None or row.right is not None]
    ranked = sorted(true, key=lambda row: row.score)
    middle = (len(ranked) - EACH) // 2
    groups = (
        {"All": ranked}
        if len(ranked) <= 3 * EACH
        else {
            "Worst": ranked[:EACH],
            "Median": ranked[middle : middle + EACH],
            "Best": ranked[-EACH:][::-1],
        }
    )
    groups["Never true"] = [row for row in replied if row.iou is None and row.right is None][:EACH]
    return {name: chosen for name, chosen in groups.items() if chosen}


def _card(row: Row, judged: JudgedRun) -> Markup:
    label, said, kind = row.label, row.said, row.verdict.value
    badge = element("span", {"class": f"badge tone-{kind.tone}"}, kind.name)
    overlap = "" if row.iou is None else f" · IoU {row.iou:.2f}"
    parts: list[str] = [
        element("h3", None, badge, label.question or label.query),
        element("p", None, f"{label.id} · {label.video}{overlap}{_stated(row)}"),
    ]
    duration = _duration(row)
    truth = _spans(label.windows)
    found = _spans([(start, end) for start, end, _ in said.windows[:FOUND]]) if said else ()
    if duration:
        looked = _spans(said.looked) if said else ()
        lanes = [Lane("true", truth, "true"), Lane("found", found, "found")]
        lanes += [Lane("looked at", looked, "looked")] if looked else []
        inside = [
            Lane(
                lane.name,
                tuple(s for one in lane.spans if (s := one.clip(Span(0, duration)))),
                lane.kind,
            )
            for lane in lanes
        ]
        parts.append(timeline(inside, duration, title=label.query))
    parts.append(_strips(row, judged, truth, found))
    return element("article", {"class": "query"}, *parts)


def _strips(row: Row, judged: JudgedRun, truth: Sequence[Span], found: Sequence[Span]) -> Markup:
    from grounder.video import Video

    file = find_video(Path(judged.run.videos), row.label.video)
    shown = [(name, spans[0]) for name, spans in (("true", truth), ("found", found)) if spans]
    if file is None or not shown:
        return Markup("")
    try:
        with Video.open(file) as video:
            made = [
                element(
                    "div",
                    None,
                    element("small", None, f"{name} {clock_range(span)}"),
                    strip(video, _moments(span), alt=name),
                )
                for name, span in shown
                if span.start < video.duration
            ]
    except VideoError as error:
        return element("p", None, f"No pictures: {error}")
    return element("div", {"class": "strips"}, *made)


def _moments(span: Span) -> list[float]:
    inset = min(0.1 * span.duration, 0.5)
    return [span.start + inset, span.centre, span.end - inset]


def _stated(row: Row) -> str:
    if row.said is None:
        return ""
    said = row.said
    told = [f" · {said.outcome.replace('_', ' ')}"] if said.outcome else []
    if said.confidence is not None:
        told.append(f" · confidence {said.confidence:.2f}")
    if row.label.answer:
        told.append(f" · right answer: {row.label.answer}")
    answer = " ".join(part for part in (said.option, said.answer) if part)
    if answer:
        told.append(f" · said: {answer[:LONGEST]}")
    return "".join(told)


def _duration(row: Row) -> float | None:
    if row.label.duration:
        return row.label.duration
    ends = [end for _, end in row.label.windows] + [
        w[1] for w in (row.said.windows if row.said else ())
    ]
    return max(ends, default=None)


def _spans(windows: Sequence[tuple[float, float]]) -> tuple[Span, ...]:
    return tuple(Span(max(start, 0.0), end) for start, end in windows if max(start, 0.0) < end)
