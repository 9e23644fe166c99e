"""build_report: from the folder of a run to one HTML page."""

from pathlib import Path

from grounder.page import page
from grounder.writing import replacing
from training.report import charts, facts, sections
from training.report.examples import examples
from training.report.judged_run import JudgedRun, abstaining, read_run

PAGE = "report.html"


def build_report(folder: Path, *, out: Path | None = None, seed: int = 0) -> Path:
    """Write the page of a run, whole or not at all, and return its path.

    Args:
        folder: of the run.
        out: where to; None is `report.html` in the folder.
        seed: which of equally good queries are shown.

    Raises:
        DatasetError: the folder holds no run that can be reported.
    """
    return write_page(report_page(read_run(folder), seed=seed), out or folder / PAGE)


def write_page(text: str, path: Path) -> Path:
    """Write a page and return where."""
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8")
    return path


def report_page(judged: JudgedRun, *, seed: int = 0) -> str:
    """Return the page of a run as HTML."""
    run = judged.run
    parts = [
        sections.tiles(judged),
        sections.scores(judged),
        sections.errors(judged),
        charts.plots(judged),
        sections.abstention(abstaining(judged)),
        sections.throughput(judged),
        examples(judged, seed=seed),
        facts.problems(judged),
        facts.settings(judged),
    ]
    started = f" · {run.started[:16].replace('T', ' ')} UTC" if run.started else ""
    lead = f"{run.system.replace(',', ', ')}{started}"
    return page(run.benchmark, eyebrow="whenwhat report", lead=lead, parts=parts)
