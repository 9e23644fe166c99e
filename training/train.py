"""`whenwhat train`: train a grounder as a recipe says."""

import re
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Annotated

import typer

from grounder.cli.console import print_json, print_note
from grounder.cli.options import JsonOption

METHODS = ("grpo",)


def train(
    method: Annotated[str, typer.Argument(help=f"How: {', '.join(METHODS)}.")],
    recipe: Annotated[str, typer.Argument(help="A recipe that comes along, or a YAML file.")],
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Change the recipe; dots lead inwards. Repeatable."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", help="Folder of the weights.", show_default="runs/RECIPE"),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the newest checkpoint in the folder.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Train a grounder as a recipe says. Everything is checked before the weights are read."""
    if method not in METHODS:
        raise typer.BadParameter(
            f"{method!r} is none of: {', '.join(METHODS)}.", param_hint="METHOD"
        )
    from training.recipe import read_recipe

    chosen = read_recipe(recipe, changes or ())
    folder = output or Path("runs") / re.sub(r"[^\w.-]", "-", chosen.name)
    from training.grpo.run import train_recipe

    # TRL prints its numbers; stdout is for the result.
    with redirect_stdout(sys.stderr):
        trained = train_recipe(chosen, folder, resume=resume)
    if as_json:
        print_json({"status": "answered", "recipe": chosen.name, "weights": str(trained)})
        return
    print_note(f"The weights are in {trained}: use them as hf:{trained}#{chosen.adapter}.")
