"""Plots as SVG, each made by one function of plain numbers; colours and letters come from the page's style.

A plot is 360 units wide, so that it is read at its own size on a phone, and beside others on a screen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from grounder.page.markup import Markup, Value, element, joined

Tone = Literal["green", "amber", "red", "violet", "blue", "grey", "pale"]
WIDTH = 360
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 10, 40
HEIGHT = 220
ROW = 30
NAME_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a bar chart."""

    name: str
    value: float
    """In [0, 1]."""
    interval: tuple[float, float] | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a whole."""

    name: str
    share: float
    """In [0, 1]."""
    tone: Tone
    note: str = ""


def bars(rows: Sequence[Bar], *, title: str, value: str) -> Markup:
    """Return horizontal bars from 0 to 1, each under its name, with its interval as a whisker.

    Args:
        rows: from the top.
        title: what the chart is, for those who cannot see it.
        value: what the numbers are, below the axis.
    """
    top, right = 4, WIDTH - 52
    height = top + ROW * len(rows) + 34
    end = top + ROW * len(rows)
    drawn = [joined(_bar(row, top + ROW * n, right)) for n, row in enumerate(rows)]
    ticks = [
        joined(
            [
                _line(_across(share, right), top, _across(share, right), end, "grid"),
                _text(
                    _across(share, right),
                    end + 14,
                    f"{share:g}",
                    anchor="middle" if share else "start",
                ),
            ]
        )
        for share in (0.0, 0.25, 0.5, 0.75, 1.0)
    ]
    told = "; ".join(f"{row.name} {row.value:.2f}{_told(row)}" for row in rows)
    label = _text(right / 2, end + 30, value, anchor="middle", kind="label")
    return _svg(height, title, told, [*ticks, *drawn, label])


def histogram(
    counts: Sequence[int], edges: Sequence[float], *, title: str, across: str, up: str
) -> Markup:
    """Return upright bars of equal width, with how many stand in each.

    Args:
        counts: one per bar.
        edges: one more than counts.
        title: what the chart is, for those who cannot see it.
        across: name of the horizontal axis.
        up: name of the vertical axis.
    """
    most = max([*counts, 1])
    plot, floor = WIDTH - LEFT - RIGHT, HEIGHT - BOTTOM
    step = plot / len(counts)
    drawn: list[Markup] = list(_frame(_levels(most), most, across, up))
    for number, count in enumerate(counts):
        high = (floor - TOP - 12) * count / most
        x = LEFT + step * number
        box: dict[str, Value] = {
            "x": x + 1,
            "y": floor - high,
            "width": step - 2,
            "height": high,
            "class": "bar",
        }
        drawn.append(element("rect", box))
        if count:
            drawn.append(_text(x + step / 2, floor - high - 4, str(count), anchor="middle"))
    drawn += [
        _text(
            LEFT + step * n,
            floor + 14,
            f"{edge:g}",
            anchor="end" if n == len(counts) and len(f"{edge:g}") > 2 else "middle",
        )
        for n, edge in enumerate(edges)
        if n % 2 == 0
    ]
    told = "; ".join(
        f"{low:g} to {high:g}: {count}"
        for low, high, count in zip(edges, edges[1:], counts, strict=False)
    )
    return _svg(HEIGHT, title, told, drawn)


def curve(
    points: Sequence[tuple[float, float]], *, title: str, across: str, up: str, level: float | None
) -> Markup:
    """Return a line through points with both coordinates in [0, 1], and a level to hold it against."""
    drawn = list(_frame([0, 0.5, 1], 1, across, up))
    drawn += [
        _text(_x(share), HEIGHT - BOTTOM + 14, f"{share:g}", anchor="middle")
        for share in (0, 0.25, 0.5, 0.75, 1)
    ]
    if level is not None:
        drawn.append(_line(_x(0), _y(level), _x(1), _y(level), "level"))
    path = " ".join(
        f"{'L' if number else 'M'}{_x(x):.1f} {_y(y):.1f}" for number, (x, y) in enumerate(points)
    )
    drawn.append(element("path", {"d": path, "class": "line"}))
    if len(points) <= 60:
        drawn += [
            element("circle", {"cx": _x(x), "cy": _y(y), "r": 2.2, "class": "dot"})
            for x, y in points
        ]
    first, last = points[0], points[-1]
    told = f"from ({first[0]:.2f}, {first[1]:.2f}) to ({last[0]:.2f}, {last[1]:.2f}), {len(points)} points"
    return _svg(HEIGHT, title, told, drawn)


def share_bar(parts: Sequence[Part], *, title: str) -> Markup:
    """Return one bar cut into the parts of a whole, and a legend with their shares."""
    at, drawn = 0.0, []
    for part in parts:
        kind = f"tone-{part.tone}"
        box: dict[str, Value] = {
            "x": 1000 * at,
            "y": 0,
            "width": 1000 * part.share,
            "height": 10,
            "class": kind,
        }
        drawn.append(element("rect", box))
        at += part.share
    told = "; ".join(f"{part.name} {part.share:.0%}" for part in parts)
    frame: dict[str, Value] = {
        "viewBox": "0 0 1000 10",
        "preserveAspectRatio": "none",
        "role": "img",
        "class": "shares",
    }
    svg = element("svg", frame, element("title", None, title), element("desc", None, told), *drawn)
    rows = [
        element(
            "li",
            None,
            element("span", {"class": f"key tone-{part.tone}"}),
            element("b", None, part.name),
            element("span", {"class": "amount"}, f"{part.share:.1%}"),
            element("small", None, part.note),
        )
        for part in parts
    ]
    return joined([svg, element("ul", {"class": "legend"}, *rows)])


def _bar(row: Bar, y: float, right: float) -> list[Markup]:
    name = row.name if len(row.name) <= NAME_LENGTH else row.name[: NAME_LENGTH - 1] + "…"
    width = max(_across(row.value, right), 0.5)
    parts = [
        _text(0, y + 12, name, kind="name"),
        element("rect", {"x": 0, "y": y + 16, "width": width, "height": 8, "class": "bar"}),
        _text(right + 8, y + 24, f"{row.value:.2f}", kind="value"),
    ]
    if row.note:
        parts.append(_text(right, y + 12, row.note, anchor="end"))
    if row.interval:
        low, high = (_across(end, right) for end in row.interval)
        parts.append(_line(low, y + 20, high, y + 20, "whisker"))
    return parts


def _told(row: Bar) -> str:
    ends = f" ({row.interval[0]:.2f} to {row.interval[1]:.2f})" if row.interval else ""
    return f"{ends}{', ' + row.note if row.note else ''}"


def _frame(levels: Sequence[float], most: float, across: str, up: str) -> list[Markup]:
    floor = HEIGHT - BOTTOM
    lines = []
    for level in levels:
        y = floor - (floor - TOP - 12) * level / most
        lines.append(_line(LEFT, y, WIDTH - RIGHT, y, "grid"))
        lines.append(_text(LEFT - 6, y + 4, f"{level:g}", anchor="end"))
    middle = (TOP + floor) / 2
    turn = f"rotate(-90 10 {middle:g})"
    turned: dict[str, Value] = {
        "x": 10,
        "y": middle,
        "text-anchor": "middle",
        "class": "label",
        "transform": turn,
    }
    return [
        *lines,
        _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, across, anchor="middle", kind="label"),
        element("text", turned, up),
    ]


def _levels(most: int) -> list[float]:
    """Return up to five round counts from 0 to `most`."""
    step = next(
        step for power in range(10) for base in (1, 2, 5) if most <= 4 * (step := base * 10**power)
    )
    return [float(level) for level in range(0, most + 1, step)]


def _svg(height: float, title: str, told: str, parts: Sequence[str]) -> Markup:
    frame: dict[str, Value] = {"viewBox": f"0 0 {WIDTH} {height:g}", "role": "img", "class": "plot"}
    return element("svg", frame, element("title", None, title), element("desc", None, told), *parts)


def _across(share: float, right: float) -> float:
    return min(max(share, 0.0), 1.0) * right


def _x(share: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * share


def _y(share: float) -> float:
    floor = HEIGHT - BOTTOM
    return floor - (floor - TOP - 12) * share


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    return element("line", {"x1": x1, "y1": y1, "x2": x2, "y2": y2, "class": kind})


def _text(x: float, y: float, words: str, *, anchor: str = "start", kind: str = "tick") -> Markup:
    return element("text", {"x": x, "y": y, "text-anchor": anchor, "class": kind}, words)
