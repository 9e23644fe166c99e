"""`whenwhat report`: one run as one HTML page."""

from pathlib import Path
from typing import Annotated

import typer

from grounder.cli.console import print_json, printable, stoppable
from grounder.cli.options import JsonOption


def report(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run of `whenwhat eval`.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", help="The page.", show_default="report.html in the folder"),
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", help="Which of equally good queries are shown.")
    ] = 0,
    as_json: JsonOption = False,
) -> None:
    """Make a page of a run that opens offline: scores, errors, plots, and queries to look at."""
    from training.report.build import PAGE, report_page, write_page
    from training.report.judged_run import abstaining, read_run

    with stoppable():
        judged = read_run(run)
        path = write_page(report_page(judged, seed=seed), out or run / PAGE)
    if not as_json:
        typer.echo(printable(str(path)))
        return
    found = abstaining(judged)
    figures = {"verdicts": judged.verdicts, "abstention": found and found.document()}
    print_json({"page": str(path), "bytes": path.stat().st_size} | figures)
