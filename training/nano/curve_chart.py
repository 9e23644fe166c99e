"""Curves of training as one SVG that stands by itself: a panel for each thing logged, a line for each run."""

import math
from collections.abc import Mapping, Sequence

from grounder.page.markup import Markup, element, joined

Points = Sequence[tuple[float, float]]

COLOURS = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#e69f00",
    "#56b4e9",
    "#8c8c8c",
    "#000000",
    "#a6761d",
)
"""Told apart by most who see colours otherwise (Okabe and Ito's, and two more)."""
WIDTH, HEIGHT, ACROSS = 420, 230, 2
LEFT, RIGHT, TOP, BOTTOM = 46, 14, 30, 34
STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#444}.title{font-weight:600;fill:#111}"
    ".grid{stroke:#ddd}.line{fill:none;stroke-width:1.8}"
)


def chart(panels: Mapping[str, Mapping[str, Points]]) -> str:
    """Return the text of an SVG file.

    Args:
        panels: by title, the points (step, value) of each line by its name; values are 0 or more.
    """
    names = list(dict.fromkeys(name for lines in panels.values() for name in lines))
    colours = {name: COLOURS[number % len(COLOURS)] for number, name in enumerate(names)}
    rows = math.ceil(len(panels) / ACROSS)
    width, height = WIDTH * ACROSS, rows * HEIGHT + 34
    drawn = [
        element(
            "g",
            {"transform": f"translate({number % ACROSS * WIDTH} {number // ACROSS * HEIGHT})"},
            *_panel(title, lines, colours),
        )
        for number, (title, lines) in enumerate(panels.items())
    ]
    ground = element("rect", {"width": width, "height": height, "fill": "#fff"})
    style, key = element("style", {}, Markup(STYLE)), _key(colours, height - 14)
    return element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {width} {height}",
            "width": width,
            "height": height,
            "role": "img",
        },
        element("title", {}, f"{', '.join(panels)}; of {', '.join(names)}"),
        style,
        ground,
        *drawn,
        key,
    )


def _panel(title: str, lines: Mapping[str, Points], colours: Mapping[str, str]) -> list[Markup]:
    steps = max(step for points in lines.values() for step, _ in points)
    top = rounded_up(max(value for points in lines.values() for _, value in points))

    def at(step: float, value: float) -> tuple[float, float]:
        across = LEFT + (WIDTH - LEFT - RIGHT) * step / steps
        return across, HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top

    drawn = [element("text", {"x": LEFT, "y": 18, "class": "title"}, title)]
    for share in (0, 0.5, 1):
        x, y = at(0, top * share)
        drawn += [
            element("line", {"x1": x, "y1": y, "x2": WIDTH - RIGHT, "y2": y, "class": "grid"}),
            element("text", {"x": x - 6, "y": y + 4, "text-anchor": "end"}, f"{top * share:g}"),
        ]
    drawn += [
        element(
            "text", {"x": at(step, 0)[0], "y": HEIGHT - 16, "text-anchor": "middle"}, f"{step:g}"
        )
        for step in (0, steps / 2, steps)
    ]
    drawn += [
        element(
            "path",
            {
                "d": _path([at(*point) for point in points]),
                "class": "line",
                "stroke": colours[name],
            },
        )
        for name, points in lines.items()
    ]
    return drawn


def rounded_up(value: float) -> float:
    """Return the least of 1, 2, 5, 10, … times a power of ten that is not below `value`; 1 for 0."""
    if value <= 0:
        return 1.0
    unit = 10.0 ** math.floor(math.log10(value))
    return next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= value)


def _path(points: Points) -> str:
    return "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _key(colours: Mapping[str, str], y: float) -> Markup:
    step = (WIDTH * ACROSS - LEFT) / len(colours)
    return joined(
        joined(
            [
                element(
                    "rect",
                    {
                        "x": LEFT + number * step,
                        "y": y - 9,
                        "width": 12,
                        "height": 4,
                        "fill": colour,
                    },
                ),
                element("text", {"x": LEFT + number * step + 17, "y": y - 3}, name),
            ]
        )
        for number, (name, colour) in enumerate(colours.items())
    )
