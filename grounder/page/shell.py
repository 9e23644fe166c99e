"""The page around its parts: head, style, sections, tables and figures."""

from collections.abc import Sequence
from importlib.resources import files
from typing import NamedTuple

from grounder.page.markup import Markup, element, joined

# Nothing may be fetched or run, whatever text gets into a page.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


class Cell(NamedTuple):
    """A number with what is said about it in small letters."""

    text: str
    note: str = ""


def page(title: str, *, eyebrow: str, lead: str, parts: Sequence[str]) -> str:
    """Return a whole document.

    Args:
        title: its heading.
        eyebrow: what kind of page it is, above the heading.
        lead: one line below it.
        parts: sections, in order.
    """
    style = (files("grounder.page") / "page.css").read_text("utf-8")
    head = element(
        "head",
        None,
        element("meta", {"charset": "utf-8"}),
        element("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        element("meta", {"name": "color-scheme", "content": "light dark"}),
        element("meta", {"http-equiv": "Content-Security-Policy", "content": POLICY}),
        element("title", None, f"{title} - {eyebrow}"),
        Markup(f"<style>{style}</style>"),
    )
    header = element(
        "header",
        None,
        element("p", {"class": "eyebrow"}, eyebrow),
        element("h1", None, title),
        element("p", {"class": "lead"}, lead),
    )
    body = element("body", None, header, element("main", None, *parts))
    return f'<!doctype html>\n<html lang="en">{head}{body}</html>\n'


def section(title: str, *parts: str, note: str = "") -> Markup:
    """Return a section: heading, a line that says how to read it, and its parts."""
    said = [element("p", {"class": "note"}, note)] if note else []
    return element("section", None, element("h2", None, title), *said, *parts)


def figure(title: str, drawing: str, *, note: str = "") -> Markup:
    """Return a drawing with its title above and a note below."""
    said = [element("p", {"class": "note"}, note)] if note else []
    return element("figure", None, element("figcaption", None, title), joined([drawing]), *said)


def table(
    head: Sequence[str], rows: Sequence[Sequence[str | Cell]], *, numbers: bool = True
) -> Markup:
    """Return a table whose first column names the rows; the others hold numbers, or text.

    It scrolls by itself where the page is narrower.
    """
    tops = [element("th", {"scope": "col"}, name) for name in head]
    body = [
        element(
            "tr",
            None,
            element("th", {"scope": "row"}, *_shown(row[0])),
            *(element("td", None, *_shown(value)) for value in row[1:]),
        )
        for row in rows
    ]
    kind = "numbers" if numbers else "words"
    inner = element(
        "table",
        {"class": kind},
        element("thead", None, element("tr", None, *tops)),
        element("tbody", None, *body),
    )
    return element("div", {"class": "scroll", "tabindex": "0"}, inner)


def _shown(value: str | Cell) -> list[str]:
    if isinstance(value, Cell):
        return [value.text, element("small", None, value.note)] if value.note else [value.text]
    return [value]
