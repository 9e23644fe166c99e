"""Sections of a report that are numbers: scores, errors, abstention, throughput."""

from collections import Counter

from grounder.page import (
    Cell,
    Markup,
    Part,
    curve,
    element,
    figure,
    section,
    share_bar,
    table,
)
from training.metrics.abstention import coverage_at
from training.report.judged_run import Abstaining, JudgedRun
from training.report.verdict import Verdict
from training.scoring import Value

RISK = 0.2
"""At which coverage is told."""


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
