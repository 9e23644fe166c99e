"""Markup: text that is HTML already; all other text is escaped when it becomes part of a page."""

import html
from collections.abc import Iterable, Mapping

VOID = frozenset({"img", "meta", "rect", "line", "circle", "path"})
"""Elements without content."""
Value = str | int | float
Attributes = Mapping[str, Value]


class Markup(str):
    """HTML or SVG made by `element`. Never make one of text that came from outside."""

    __slots__ = ()


def escaped(text: str) -> Markup:
    """Return text as HTML that shows it: titles, queries and replies are foreign."""
    if isinstance(text, Markup):
        return text
    shown = "".join(
        c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text
    )
    return Markup(html.escape(shown))


def element(name: str, attributes: Attributes | None = None, *children: str) -> Markup:
    """Return an element; children that are no Markup are escaped, numbers are written short."""
    stated = "".join(f' {key}="{_value(value)}"' for key, value in (attributes or {}).items())
    if name in VOID:
        return Markup(f"<{name}{stated}/>")
    return Markup(f"<{name}{stated}>{joined(children)}</{name}>")


def joined(parts: Iterable[str]) -> Markup:
    """Return parts one after another."""
    return Markup("".join(map(escaped, parts)))


def _value(value: Value) -> str:
    return html.escape(value) if isinstance(value, str) else f"{round(value, 2):g}"
