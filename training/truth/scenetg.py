"""SceneTG against the truth: rendered videos, a simulated describer with dialled mistakes, every set of votes.

    whenwhat world FOLDER --split validation --level medium --length 300 --count 6 --size 320x180
    python -m training.truth.scenetg FOLDER --encoder open_clip:local-dir:training/nano/clip --work WORK

The describer is a simulator that knows each script (`training.truth.describer`): the figures are of the filter,
none is of a model. Brackets hold 95 % bootstrap intervals over videos.
"""

import sys
from dataclasses import asdict
from itertools import product
from pathlib import Path
from typing import Annotated

import typer

from grounder.cli.console import print_json, progress_bar
from grounder.cli.main import run
from grounder.cli.options import EncoderOption, JsonOption
from grounder.errors import SpecError

PERCENT = 100


def main(
    folder: Annotated[Path, typer.Argument(help="Videos that `whenwhat world` made.")],
    work: Annotated[
        Path, typer.Option("--work", help="Keeps what was decoded and asked: kill it any time.")
    ],
    split: Annotated[str, typer.Option("--split", help="Which of them.")] = "validation",
    mistakes: Annotated[
        str,
        typer.Option("--mistakes", help="Per cent of each mistake of the describer, by commas."),
    ] = "0,5,10,20",
    votes: Annotated[
        str,
        typer.Option(
            "--votes", help="Which sets of votes, by commas: i+ii,i+ii+iii. Default: all."
        ),
    ] = "",
    encoder: EncoderOption = "conse",
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the describer's mistakes.")] = 0,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="GROUP.FIELD=VALUE", help="Change a setting. Repeatable."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure boundaries and the uniqueness filter of SceneTG where the right rows are known."""
    from training.truth.building import built_with, open_bench, read_votes
    from training.truth.tables import (
        BoundaryLine,
        Filtered,
        boundary_table,
        filter_line,
        head,
    )

    rates, held, say = read_rates(mistakes), read_votes(votes), _silent if as_json else typer.echo

    bench = open_bench(folder, split, spec=encoder, work=work, changes=changes or ())
    worlds, rows = bench.worlds_by_name(), []
    boundaries: list[BoundaryLine] = []
    with progress_bar("building", total=len(rates) * len(held), unit="datasets") as update:
        for rate, (name, cast) in product(rates, held.items()):
            built = built_with(bench, rate=rate, votes=cast, seed=seed)
            rows.append(Filtered.of(built, worlds, rate=rate, votes=name))
            if not boundaries:
                boundaries = boundary_table(built, worlds)  # no describer has a part in them
                say(head(bench.encoder.name, len(worlds), boundaries))
            say(filter_line(rows[-1]))
            update(len(rows))
    if as_json:
        print_json(
            {
                "encoder": bench.encoder.name,
                "videos": len(worlds),
                "describer": "simulated",
                "seed": seed,
                "boundaries": [asdict(line) for line in boundaries],
                "filter": [row.document() for row in rows],
            }
        )


def read_rates(text: str) -> list[float]:
    """Return shares in [0, 1] from per cents that commas separate.

    Raises:
        SpecError: one is no number from 0 to 100.
    """
    try:
        rates = [float(part) / PERCENT for part in text.split(",")]
    except ValueError:
        rates = []
    if not rates or not all(0 <= rate <= 1 for rate in rates):
        raise SpecError(f"--mistakes {text!r} must be numbers from 0 to 100: 0,5,10,20.")
    return rates


def _silent(text: str) -> None:
    """Say nothing: the document on stdout is to be the only thing there."""


def _app() -> typer.Typer:
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    app.command()(main)
    return app


if __name__ == "__main__":
    run(_app, sys.argv[1:], name="python -m training.truth.scenetg")
