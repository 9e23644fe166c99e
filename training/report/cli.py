"""`whenwhat report`: one run, or one dataset, as one HTML page."""

from pathlib import Path
from typing import Annotated

import typer

from grounder.cli.console import print_json, printable, stoppable
from grounder.cli.options import JsonOption


def report(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER",
            help="Of a run of `whenwhat eval`, or of a dataset of `whenwhat scenetg`.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", help="The page.", show_default="report.html in the folder"),
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", help="Which queries, rows and candidates are shown.")
    ] = 0,
    as_json: JsonOption = False,
) -> None:
    """Make a page that opens offline: of a run its scores and errors, of a dataset its stages and data card."""
    from scenetg.report.written import is_dataset

    make = _of_dataset if is_dataset(folder) else _of_run
    with stoppable():
        path, figures = make(folder, out, seed)
    if as_json:
        print_json({"page": str(path), "bytes": path.stat().st_size} | figures)
    else:
        typer.echo(printable(str(path)))


def _of_run(folder: Path, out: Path | None, seed: int) -> tuple[Path, dict[str, object]]:
    from training.report.build import PAGE, report_page, write_page
    from training.report.judged_run import abstaining, read_run

    judged = read_run(folder)
    path = write_page(report_page(judged, seed=seed), out or folder / PAGE)
    found = abstaining(judged)
    return path, {"verdicts": judged.verdicts, "abstention": found and found.document()}


def _of_dataset(folder: Path, out: Path | None, seed: int) -> tuple[Path, dict[str, object]]:
    from scenetg.formats.row import json_document
    from scenetg.output.files import MANIFEST
    from scenetg.report.build import build_report

    path = build_report(folder, out=out, seed=seed)
    manifest = json_document(folder / MANIFEST)
    return path, {"rows": manifest["rows"], "stages": manifest["stages"]}
