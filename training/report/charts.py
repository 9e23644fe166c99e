"""Plots of a report: how well moments overlap, and how that depends on the type of query and the length of the video."""

from collections.abc import Callable, Sequence

import numpy as np

from grounder.page import Bar, Markup, bars, element, figure, histogram, section
from training.metrics.interval import intervals
from training.report.judged_run import JudgedRun
from training.report.verdict import Row

MOST_BARS = 12
LENGTHS = (
    (30.0, "up to 30 s"),
    (120.0, "30 s to 2 min"),
    (600.0, "2 to 10 min"),
    (3600.0, "10 min to 1 h"),
)
LONGER = "longer than 1 h"


def plots(judged: JudgedRun) -> Markup:
    """Return the histogram of overlaps, and scores by type and by length."""
    drawn = []
    ious = [row.iou for row in judged.rows if row.iou is not None]
    if ious:
        counts, edges = np.histogram(ious, bins=np.linspace(0, 1, 11))
        note = f"{sum(iou == 0 for iou in ious)} of {len(ious)} do not overlap at all."
        drawing = histogram(
            counts.tolist(), edges.tolist(), title="Histogram of IoU",
            across="IoU of the first moment", up="queries",
        )  # fmt: skip
        drawn.append(figure("Overlap with the truth", drawing, note=note))
    value = "mean IoU" if ious else "accuracy"
    counted = [row for row in judged.rows if row.iou is not None or not ious]
    for title, name in (("By type", _type_of(judged)), ("By length of the video", _length_of)):
        rows, groups = _bars(counted, name), len({name(row) for row in counted})
        if len(rows) > 1:
            note = (
                "" if groups == len(rows) else f"The {len(rows)} of {groups} with the most queries."
            )
            drawing = bars(rows, title=f"{value} {title.lower()}", value=value)
            drawn.append(figure(title, drawing, note=note))
    if not drawn:
        return Markup("")
    note = "Lines over bars are 95 % intervals: wide with few videos, not known (no line) with one."
    return section("Where it does well", element("div", {"class": "plots"}, *drawn), note=note)


def _type_of(judged: JudgedRun) -> Callable[[Row], str]:
    group = judged.benchmark.group
    return (lambda row: group(row.label)) if group is not None else (lambda row: row.label.task)


def _length_of(row: Row) -> str:
    seconds = row.label.duration
    if seconds is None:
        return "unknown"
    return next((name for most, name in LENGTHS if seconds <= most), LONGER)


def _bars(rows: Sequence[Row], name: Callable[[Row], str]) -> list[Bar]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(name(row), []).append(row)
    if name is _length_of:
        order = [*(text for _, text in LENGTHS), LONGER, "unknown"]
        named = [text for text in order if text in groups]
    else:
        named = sorted(groups, key=lambda text: -len(groups[text]))[:MOST_BARS]
    return [_group_bar(text, groups[text]) for text in named]


def _group_bar(name: str, rows: Sequence[Row]) -> Bar:
    column = np.array([row.score for row in rows])
    videos = [row.label.video for row in rows]
    [interval] = intervals([column], videos) if len(set(videos)) > 1 else [None]
    return Bar(name, float(column.mean()), interval, f"n = {len(rows)}")
