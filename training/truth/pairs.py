"""Pairs: as many rows that SceneTG built of rendered videos as true rows of the same videos, to train on either.

    python -m training.truth.pairs FILMS ROWS --encoder open_clip:local-dir:training/nano/clip

`FILMS` is made by `whenwhat world`. Writes `ROWS/built.jsonl` and `ROWS/true.jsonl`; kill it any time.
"""

import random
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from grounder.cli.console import stoppable
from grounder.cli.main import run
from grounder.cli.options import EncoderOption
from grounder.errors import DatasetError
from grounder.sample import Sample, read_samples, write_samples

SPLIT = "train"


def main(
    films: Annotated[Path, typer.Argument(help="Videos that `whenwhat world --split train` made.")],
    output: Annotated[Path, typer.Argument(metavar="ROWS", help="Folder of the rows.")],
    mistakes: Annotated[
        float, typer.Option("--mistakes", min=0, max=100, help="Per cent, of the describer.")
    ] = 0.0,
    encoder: EncoderOption = "conse",
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of which rows are left out.")] = 0,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="GROUP.FIELD=VALUE", help="Change a setting. Repeatable."),
    ] = None,
) -> None:
    """Build rows of rendered videos with a simulated describer, and take as many of the true ones."""
    from scenetg.line.licences import Licences
    from scenetg.output.rows import row_of
    from training.truth.building import VOTES, built_with, open_bench

    true = usable(_placed(read_samples(films / f"{SPLIT}.jsonl"), films))
    with stoppable():
        bench = open_bench(films, SPLIT, spec=encoder, work=output / "work", changes=changes or ())
        rows = built_with(bench, rate=mistakes / 100, votes=VOTES).rows or ()
    built = usable(row_of(row, Licences(), split=SPLIT) for row in rows)
    built, true = as_many(built, true, random.Random(seed))
    write_samples(output / "built.jsonl", built)
    typer.echo(f"{write_samples(output / 'true.jsonl', true)} rows each in {output}")


def usable(rows: Iterable[Sample]) -> list[Sample]:
    """Return the grounding rows of one span: the nano grounder is taught no others."""
    return [row for row in rows if row.task == "ground" and len(row.spans) == 1]


def as_many(
    built: Sequence[Sample], true: Sequence[Sample], dice: random.Random
) -> tuple[list[Sample], list[Sample]]:
    """Return equally many of both, the surplus of either left out by lot, in their order.

    Raises:
        DatasetError: there is none of one kind.
    """
    count = min(len(built), len(true))
    if count == 0:
        raise DatasetError(
            f"{len(built)} rows were built and {len(true)} are true: nothing can be compared. Render more videos."
        )
    chosen = [sorted(dice.sample(range(len(rows)), count)) for rows in (built, true)]
    return [built[number] for number in chosen[0]], [true[number] for number in chosen[1]]


def _placed(rows: Iterable[Sample], folder: Path) -> Iterable[Sample]:
    """Yield rows with the whole path of their video: they are written elsewhere."""
    return (replace(row, video=str((folder / row.video).resolve())) for row in rows)


def _app() -> typer.Typer:
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    app.command()(main)
    return app


if __name__ == "__main__":
    run(_app, sys.argv[1:], name="python -m training.truth.pairs")
