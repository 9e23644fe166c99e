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
    from training.report.build import build_report

    with stoppable():
        path = build_report(run, out=out, seed=seed)
    if as_json:
        print_json({"page": str(path), "bytes": path.stat().st_size})
    else:
        typer.echo(printable(str(path)))
