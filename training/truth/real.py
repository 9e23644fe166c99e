"""SceneTG from end to end on videos of one's own, without a model hub: the describer is an image classifier.

    python -m training.truth.real VIDEOS --out DIR

The command line, the votes, the round trip (by `conse`), the splits and the report are those of `whenwhat scenetg`.
"""

import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from grounder.cli.console import print_json, progress_bar, stoppable
from grounder.cli.main import run
from grounder.cli.options import JsonOption


@stoppable()
def main(
    videos: Annotated[
        list[Path], typer.Argument(metavar="VIDEOS…", help="Video files, or folders of them.")
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", file_okay=False, help="Folder of the dataset.")
    ],
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="GROUP.FIELD=VALUE", help="Change a setting. Repeatable."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Build a dataset with an image classifier for a describer. Kill it any time: it goes on from there."""
    from grounder.encoders import load_encoder
    from scenetg.asking.limits import Limits, open_asker
    from scenetg.build import build
    from scenetg.engine import LocalEngine
    from scenetg.line.order import Order
    from scenetg.line.sources import find_files
    from scenetg.overrides import read_settings
    from scenetg.report.build import build_report
    from scenetg.visual.finding import Similarity
    from training.truth.lite import LiteDescriber

    settings, files = read_settings(changes=changes or ()), find_files(videos)
    encoder = load_encoder("conse")
    asker = open_asker(LiteDescriber(encoder), out, Limits(concurrency=1))
    order = Order(
        files,
        settings,
        encoder,
        partial(load_encoder, "conse"),
        LocalEngine(1),
        asker,
        Similarity(encoder),
    )
    try:
        dataset = build(out, order, show=progress_bar)
    finally:
        asker.close()
    page = build_report(out)
    if as_json:
        print_json({"status": "answered", "rows": dataset.rows, "report": str(page)})
        return
    for tally in dataset.built.tallies:
        reasons = ", ".join(f"{reason} {count}" for reason, count in tally.rejected.items())
        typer.echo(f"  {tally.stage:<12}{tally.entered:>6} -> {tally.kept:<6}{reasons}")
    typer.echo(f"{sum((dataset.rows or {}).values())} rows; look at them in {page}")


def _app() -> typer.Typer:
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    app.command()(main)
    return app


if __name__ == "__main__":
    run(_app, sys.argv[1:], name="python -m training.truth.real")
