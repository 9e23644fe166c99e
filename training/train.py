"""`whenwhat train`: train a grounder as a recipe says."""

import re
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grounder.cli.console import print_json, print_note, stoppable
from grounder.cli.options import JsonOption
from training.checkpoints import last_checkpoint
from training.recipe_file import METHODS

if TYPE_CHECKING:
    from training.recipe import Recipe
    from training.sft.recipe import SftRecipe


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
    only_rehearse: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Print tokens, memory and time of a step, and train nothing."
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Train a grounder as a recipe says. Everything is checked before the weights are read."""
    if method not in METHODS:
        raise typer.BadParameter(
            f"{method!r} is none of: {', '.join(METHODS)}.", param_hint="METHOD"
        )
    chosen = _read(method, recipe, changes or ())
    if only_rehearse:
        _rehearse(chosen, as_json=as_json)
        return
    folder = output or Path("runs") / re.sub(r"[^\w.-]", "-", chosen.name)
    # TRL prints its numbers; stdout is for the result.
    with stoppable(lambda: _kept(folder)), redirect_stdout(sys.stderr):
        _train(chosen, folder, resume=resume)
    if as_json:
        print_json({"status": "answered", "recipe": chosen.name, "weights": str(folder)})
        return
    print_note(f"The weights are in {folder}: use them as hf:{folder}#{chosen.adapter}.")


def _rehearse(recipe: "Recipe | SftRecipe", *, as_json: bool) -> None:
    from training.dry_run import dry_run, print_report

    with stoppable(), redirect_stdout(sys.stderr):
        document = dry_run(recipe)
    if as_json:
        print_json(document)
    else:
        print_report(document)


def _read(method: str, name: str, changes: Sequence[str]) -> "Recipe | SftRecipe":
    if method == "sft":
        from training.sft.recipe import read_recipe as read_sft

        return read_sft(name, changes)
    from training.recipe import read_recipe as read_grpo

    return read_grpo(name, changes)


def _train(recipe: "Recipe | SftRecipe", folder: Path, *, resume: bool) -> None:
    from training.recipe import Recipe

    if isinstance(recipe, Recipe):
        from training.grpo.run import train_recipe as train_grpo

        train_grpo(recipe, folder, resume=resume)
        return
    from training.sft.run import train_recipe as train_sft

    train_sft(recipe, folder, resume=resume)


def _kept(folder: Path) -> str | None:
    """Return what follows `--resume` when there is a checkpoint to go on from: nothing, it is a flag."""
    return "" if last_checkpoint(folder) else None
