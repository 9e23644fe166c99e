"""`whenwhat train`: train a grounder as a recipe says, score rows by how hard they are, join LoRA weights."""

import re
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grounder.cli.console import print_json, print_note, stoppable
from grounder.cli.options import JsonOption
from training.checkpoints import last_checkpoint
from training.ledger import FILE as LEDGER
from training.merge import merge
from training.score_rows import score

if TYPE_CHECKING:
    from training.recipe import Recipe
    from training.sft.recipe import SftRecipe

RecipeArgument = Annotated[
    str, typer.Argument(metavar="RECIPE", help="A recipe that comes along, or a YAML file.")
]
ChangesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE", help="Change the recipe; dots lead inwards. Repeatable."
    ),
]
OutputOption = Annotated[
    Path | None,
    typer.Option("--output", help="Folder of the weights.", show_default="runs/RECIPE"),
]
ResumeOption = Annotated[
    bool, typer.Option("--resume", help="Go on from the newest checkpoint in the folder.")
]
DryRunOption = Annotated[
    bool,
    typer.Option("--dry-run", help="Print tokens, memory and time of a step, and train nothing."),
]

train = typer.Typer(
    no_args_is_help=True,
    help="Train a grounder as a recipe says, score rows for it, or join LoRA weights.",
)
train.command()(score)
train.command()(merge)


@train.command()
def sft(
    recipe: RecipeArgument,
    changes: ChangesOption = None,
    output: OutputOption = None,
    resume: ResumeOption = False,
    only_rehearse: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Train on labelled rows. Everything is checked before the weights are read."""
    from training.sft.recipe import read_recipe

    _run(
        read_recipe(recipe, changes or ()),
        output,
        resume=resume,
        only_rehearse=only_rehearse,
        as_json=as_json,
    )


@train.command()
def grpo(
    recipe: RecipeArgument,
    changes: ChangesOption = None,
    output: OutputOption = None,
    resume: ResumeOption = False,
    only_rehearse: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Train by rewards. Everything is checked before the weights are read."""
    from training.recipe import read_recipe

    _run(
        read_recipe(recipe, changes or ()),
        output,
        resume=resume,
        only_rehearse=only_rehearse,
        as_json=as_json,
    )


def _run(
    chosen: "Recipe | SftRecipe",
    output: Path | None,
    *,
    resume: bool,
    only_rehearse: bool,
    as_json: bool,
) -> None:
    if only_rehearse:
        _rehearse(chosen, as_json=as_json)
        return
    folder = output or Path("runs") / re.sub(r"[^\w.-]", "-", chosen.name)
    # TRL prints its numbers; stdout is for the result.
    with stoppable(lambda: _kept(folder)), redirect_stdout(sys.stderr):
        _train(chosen, folder, resume=resume)
    if not _is_first():
        return
    if as_json:
        print_json({"status": "answered", "recipe": chosen.name, "weights": str(folder)})
        return
    print_note(_use(folder, chosen))


def _use(folder: Path, recipe: "Recipe | SftRecipe") -> str:
    """Say what to do with what was trained."""
    if recipe.lora is None:
        return f"The weights are in {folder}: use them as hf:{folder}#{recipe.adapter}."
    whole = folder.with_name(f"{folder.name}-whole")
    return (
        f"The LoRA weights are in {folder}. `whenwhat train merge {folder} {whole}` joins them with those they "
        f"stand on; use that as hf:{whole}#{recipe.adapter}."
    )


def _rehearse(recipe: "Recipe | SftRecipe", *, as_json: bool) -> None:
    from training.dry_run import dry_run, print_report

    with stoppable(), redirect_stdout(sys.stderr):
        document = dry_run(recipe)
    if as_json:
        print_json(document)
    else:
        print_report(document)


def _train(recipe: "Recipe | SftRecipe", folder: Path, *, resume: bool) -> None:
    from training.recipe import Recipe

    if isinstance(recipe, Recipe):
        from training.grpo.run import train_recipe as train_grpo

        train_grpo(recipe, folder, resume=resume)
        return
    from training.sft.run import train_recipe as train_sft

    train_sft(recipe, folder, resume=resume)


def _is_first() -> bool:
    """Say whether this is the process that speaks, of those that trained together."""
    from accelerate import PartialState

    return bool(PartialState().is_main_process)


def _kept(folder: Path) -> str | None:
    """Return what follows `--resume` when there is a checkpoint to go on from: nothing, it is a flag."""
    return "" if last_checkpoint(folder) or (folder / LEDGER).is_file() else None
