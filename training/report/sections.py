"""Sections of a report that are made of numbers: scores, errors, plots, abstention, throughput, settings."""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from grounder.page import (
    Bar,
    Cell,
    Markup,
    Part,
    bars,
    curve,
    element,
    figure,
    histogram,
    section,
    share_bar,
    table,
)
from grounder.page.markup import joined
from training.metrics.abstention import coverage_at
from training.metrics.interval import intervals
from training.report.judged_run import Abstaining, JudgedRun
from training.report.verdict import Row, Verdict
from training.scoring import Value, problem_counts

MOST_BARS = 12
SHOWN = 8
"""Problems of each kind that are listed."""
RISK = 0.2
LENGTHS = (
    (30.0, "up to 30 s"),
    (120.0, "30 s to 2 min"),
    (600.0, "2 to 10 min"),
    (3600.0, "10 min to 1 h"),
)
LONGER = "longer than 1 h"


def tiles(judged: JudgedRun) -> Markup:
    """Return the main numbers, large."""
    strict = judged.report.tables["strict"].values
    names = [name for name in judged.benchmark.headline if name in strict][:4]
    shown = [(name, f"{strict[name].percent:.1f}", _ends(strict[name])) for name in names]
    shown.append(
        ("queries", str(judged.report.rates.queries), f"{judged.report.rates.videos} videos")
    )
    made = [
        element(
            "div",
            {"class": "tile"},
            element("span", None, name),
            element("b", None, number),
            element("small", None, note),
        )
        for name, number, note in shown
    ]
    return element("div", {"class": "tiles"}, *made)


def scores(judged: JudgedRun) -> Markup:
    """Return the table: both presets with their intervals and denominators, and baselines."""
    report = judged.report
    official, strict = report.tables["official"], report.tables["strict"]
    head = ["metric, %", "official", "queries", "strict", "queries", *report.baselines]
    rows: list[list[str | Cell]] = []
    for name in judged.benchmark.headline:
        if name not in strict.values:
            continue
        blind = [_number(means.get(name)) for means in report.baselines.values()]
        rows.append(
            [name, *_cells(official.values.get(name)), *_cells(strict.values[name]), *blind]
        )
    rates = report.rates
    note = (
        "Official: by the rules of the benchmark's own script. Strict: every query counts, failures as 0. Small numbers are "
        f"95 % intervals, videos drawn anew. Missing {rates.missing:.1%}, unreadable {rates.failed:.1%}, repaired {rates.repaired:.1%}."
    )
    refused = (
        f"The official script refuses these predictions: {official.refused}"
        if official.refused
        else ""
    )
    said = [element("p", {"class": "note"}, refused)] if refused else []
    return section("Scores", table(head, rows), *said, note=note)


def errors(judged: JudgedRun) -> Markup:
    """Return how the queries end, stage by stage."""
    counts = Counter(row.verdict for row in judged.rows)
    total = len(judged.rows)
    parts = [
        Part(
            v.value.name,
            counts[v] / total,
            v.value.tone,
            f"{counts[v]} of {total}: {v.value.meaning}",
        )
        for v in Verdict
        if counts[v]
    ]
    note = "Each query counts once, under the first stage that failed: reply, refusal, search, boundary, answer."
    return section(
        "What went wrong", share_bar(parts, title="Shares of queries by verdict"), note=note
    )


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
    for title, name in (("By type", _type_of(judged)), ("By length of the video", _length_of)):
        rows = _bars([row for row in judged.rows if row.iou is not None or not ious], name)
        if len(rows) > 1 or (rows and title != "By type"):
            note = "" if len(rows) < MOST_BARS else f"The {MOST_BARS} with the most queries."
            drawn.append(
                figure(title, bars(rows, title=f"{value} {title.lower()}", value=value), note=note)
            )
    if not drawn:
        return Markup("")
    note = "Lines over bars are 95 % intervals; few videos make them wide."
    return section("Where it does well", element("div", {"class": "plots"}, *drawn), note=note)


def abstention(found: Abstaining | None) -> Markup:
    """Return risk against coverage, and the figures beside it."""
    if found is None:
        return Markup("")
    points = list(zip(found.curve.coverage.tolist(), found.curve.risk.tolist(), strict=True))
    drawing = curve(
        points, title="Risk against coverage", across="share of answers given, surest first", up="share wrong", level=RISK
    )  # fmt: skip
    refused = found.refusals
    rows: list[list[str | Cell]] = [
        ["area under the curve (AURC), lower is better", f"{found.curve.area:.3f}"],
        [f"coverage at risk {RISK:g}", f"{coverage_at(found.curve, RISK):.1%}"],
        [Cell("expected calibration error", f"{len(found.calibration.bins)} bins of equal mass"), Cell(f"{found.calibration.error:.3f}", f"n = {found.calibration.queries}")],
        ["AUROC, present against absent", "-" if found.auroc is None else f"{found.auroc:.3f}"],
        ["absent queries refused", Cell(_share(refused.absent_refused), f"n = {refused.absent}")],
        ["present queries refused", Cell(_share(refused.present_refused), f"n = {refused.present}")],
    ]  # fmt: skip
    note = f"Answers that were given ({found.queries}), the surest first; wrong is every verdict but right. The dashed line is risk {RISK:g}."
    parts = [
        figure("Risk against coverage", drawing),
        table(["figure", "value"], rows),
    ]
    return section(
        "Knowing when not to answer", element("div", {"class": "plots"}, *parts), note=note
    )


def throughput(judged: JudgedRun) -> Markup:
    """Return where the seconds went."""
    said = judged.said
    total = sum(one.seconds.total for one in said)
    if not total:
        return Markup("")
    parts = [
        ("reading pictures", sum(one.seconds.decode for one in said), "blue"),
        ("models shown pictures", sum(one.seconds.vision for one in said), "violet"),
        ("models given words", sum(one.seconds.text for one in said), "amber"),
        ("search and the rest", sum(one.seconds.search for one in said), "grey"),
    ]  # fmt: skip
    whole = sum(spent for _, spent, _ in parts) or total
    drawn = share_bar(
        [Part(name, spent / whole, tone, f"{spent:.1f} s") for name, spent, tone in parts],  # type: ignore[arg-type]  # literals in a tuple
        title="Shares of the time",
    )
    frames, tokens = sum(one.frames for one in said), sum(one.visual_tokens for one in said)
    note = (
        f"{len(said)} queries in {total:.1f} s: {len(said) / total:.2f} queries per second. {frames} pictures shown to models, "
        f"{frames / len(said):.1f} a query; {tokens} visual tokens."
    )
    return section("Where the time went", drawn, note=note)


def settings(judged: JudgedRun) -> Markup:
    """Return what was run, with which models and versions."""
    run = judged.run
    facts = {
        "benchmark": run.benchmark, "system": run.system, "annotations": run.annotations, "videos": run.videos,
        "split": run.split, "limit": run.limit, "shard": run.shard, "frames": run.frames, "seed": run.seed, "started": run.started,
    }  # fmt: skip
    rows = [[name, str(value)] for name, value in facts.items() if value not in (None, "")]
    rows += [[f"setting {name}", str(value)] for name, value in run.settings.items()]
    rows += [[f"model: {role}", name] for role, name in run.models.items()]
    rows += [[f"version: {name}", number] for name, number in run.versions.items()]
    return section("Settings", table(["what", "value"], rows, numbers=False))


def problems(judged: JudgedRun) -> Markup:
    """Return what is wrong with the predictions, line by line."""
    told = judged.report.problems
    failed = [f"{one.qid}: {one.error}" for one in judged.said if one.error]
    if not told and not failed:
        return Markup("")
    parts: list[str] = []
    for kind, count in problem_counts(told).items():
        lines = [str(problem) for problem in told if problem.kind == kind]
        parts.append(_listed(f"{kind} ({count})", lines))
    if failed:
        parts.append(_listed(f"errors ({len(failed)})", failed))
    return section(
        "Problems", *parts, note="None of them changed a denominator of the strict numbers."
    )


def _listed(title: str, lines: Sequence[str]) -> Markup:
    shown = [element("li", None, line) for line in lines[:SHOWN]]
    if len(lines) > SHOWN:
        shown.append(element("li", None, f"and {len(lines) - SHOWN} more"))
    return joined(
        [element("h3", {"class": "group"}, title), element("ul", {"class": "plain"}, *shown)]
    )


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
    [interval] = intervals([column], [row.label.video for row in rows])
    return Bar(name, float(column.mean()), interval, f"n = {len(rows)}")


def _cells(value: Value | None) -> tuple[Cell | str, str]:
    if value is None:
        return "-", "-"
    return Cell(f"{value.percent:.2f}", _ends(value)), str(value.queries)


def _ends(value: Value) -> str:
    low, high = value.interval
    return f"{low:.1f} to {high:.1f}"


def _number(percent: float | None) -> str:
    return "-" if percent is None else f"{percent:.2f}"


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"
