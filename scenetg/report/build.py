"""build_report: from the folder of a dataset to one HTML page."""

from pathlib import Path

from grounder.page import Markup, element, page
from grounder.writing import replacing
from scenetg.report.card import card
from scenetg.report.charts import charts
from scenetg.report.sheet import sheet
from scenetg.report.stages import stages
from scenetg.report.written import Written, read_written
from scenetg.store.database import told_clearly

PAGE = "report.html"


def build_report(folder: Path, *, out: Path | None = None, seed: int = 0) -> Path:
    """Write the page of a dataset, whole or not at all, and return its path.

    Args:
        folder: of the dataset.
        out: where to; None is `report.html` in the folder.
        seed: draws the rows and candidates to look at.

    Raises:
        DatasetError: the folder holds no dataset.
        BuildError: the page cannot be written.
    """
    text = report_page(read_written(folder), seed=seed)
    path = out or folder / PAGE
    with told_clearly(path.parent), replacing(path) as part:
        part.write_text(text, encoding="utf-8")
    return path


def report_page(written: Written, *, seed: int = 0) -> str:
    """Return the page of a dataset as HTML."""
    parts = [
        _tiles(written),
        stages(written),
        charts(written),
        sheet(written, seed=seed),
        card(written),
    ]
    made = counted(_made(written), "candidate" if written.rows is None else "row")
    lead = f"{made} from {counted(_used(written), 'video')}, {written.manifest['hours']:.2f} hours"
    title = written.folder.resolve().name
    return page(title, eyebrow="whenwhat scenetg", lead=lead, parts=parts)


def counted(count: int, noun: str) -> str:
    """Return a number of things in words: `1 row`, `2 rows`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _tiles(written: Written) -> Markup:
    asked = written.throughput["asked"]
    turned = len(written.turned_away)
    shown = [
        ("rows", "-" if written.rows is None else str(len(written.rows)), _by_split(written)),
        ("candidates", str(written.manifest["candidates"]), "after the stages that see"),
        ("turned away", str(turned), "each with its reason"),
        ("videos", str(_used(written)), f"of {len(written.manifest['videos'])}"),
        ("requests", f"{sum(one['requests'] for one in asked):,}", f"cost {sum(one['cost'] for one in asked):g}"),
    ]  # fmt: skip
    return element("div", {"class": "tiles"}, *(_tile(*one) for one in shown))


def _tile(name: str, number: str, note: str) -> Markup:
    return element(
        "div",
        {"class": "tile"},
        element("span", None, name),
        element("b", None, number),
        element("small", None, note),
    )


def _by_split(written: Written) -> str:
    rows = written.manifest["rows"]
    return "no model was named" if rows is None else ", ".join(f"{n} {name}" for name, n in rows.items())  # fmt: skip


def _made(written: Written) -> int:
    return len(written.candidates if written.rows is None else written.rows)


def _used(written: Written) -> int:
    return sum(one["status"] == "used" for one in written.manifest["videos"])
