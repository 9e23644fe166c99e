"""`whenwhat doctor`: what works on this machine, and what to do about what does not."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from grounder.cli.console import EXIT_ERROR, print_json, print_note, printable, stdout
from grounder.cli.options import JsonOption, LibraryOption

if TYPE_CHECKING:
    from grounder.cli.checks import Finding

STYLES = {"ok": "green", "absent": "yellow", "failed": "red"}


def doctor(
    model: Annotated[
        str | None,
        typer.Option("--model", metavar="SPEC", help="Prove that this model is told true times."),
    ] = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell what works on this machine and what to do about what does not."""
    from grounder.cli.checks import examine, examine_all, model_stamps

    if model is None:
        print_note("Trying each part for real; this takes a few seconds.")
        findings = examine_all(library)
    else:
        findings = [examine(f"model {model}", lambda: model_stamps(model), required=True)]
    if as_json:
        print_json(document(findings))
    else:
        print_table(findings)
    if any(finding.fatal for finding in findings):
        raise typer.Exit(EXIT_ERROR)


def document(findings: "Sequence[Finding]") -> dict[str, object]:
    """Return the findings as JSON values."""
    status = "error" if any(finding.fatal for finding in findings) else "ok"
    return {"status": status, "checks": [asdict(finding) for finding in findings]}


def print_table(findings: "Sequence[Finding]") -> None:
    """Print the findings for people, each with what to do about it."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, show_header=False)
    for finding in findings:
        told = Text(printable(finding.detail))
        if finding.remedy:
            told.append(printable(f"\n{finding.remedy}"), style="dim")
        table.add_row(Text(finding.state, style=STYLES[finding.state]), finding.name, told)
    stdout().print(table)
    failed = [finding.name for finding in findings if finding.fatal]
    stdout().print(f"Needed but not working: {', '.join(failed)}" if failed else "Ready.")
