"""Trains the nano CLIP.

    python -m training.clip.train --steps 2400 --seed 0 --output FOLDER

Kill it any time: the same command goes on from the last state in FOLDER.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from grounder.cli.console import print_note, progress_bar
from grounder.cli.main import run
from training.clip.run import Settings, Step, train

TOLD_EVERY = 100
"""Steps from one line to the next."""


def main(
    output: Annotated[Path, typer.Option("--output", help="Folder of the weights.")],
    steps: Annotated[int, typer.Option("--steps", min=1, help="How long to train.")] = 2400,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of weights and data.")] = 0,
    groups: Annotated[int, typer.Option("--groups", min=1, help="Groups in a step.")] = 1,
    size: Annotated[int, typer.Option("--size", min=2, help="Pictures in a group.")] = 24,
    rate: Annotated[float, typer.Option("--rate", help="Highest learning rate.")] = 1e-3,
    keep_every: Annotated[
        int, typer.Option("--keep-every", min=1, help="Steps from one state on disk to the next.")
    ] = 200,
) -> None:
    """Train an open_clip model on frames and descriptions of the rendered world."""
    settings = Settings(steps, seed, groups, size, rate)
    lately: list[Step] = []
    with progress_bar("training", total=steps, unit="steps") as update:

        def told(step: Step) -> None:
            update(step.number)
            lately.append(step)
            if step.number % TOLD_EVERY == 0 or step.number == steps:
                loss = sum(one.loss for one in lately) / len(lately)
                right = sum(one.right for one in lately) / len(lately)
                print_note(f"step {step.number}: loss {loss:.3f}, {right:.3f} told right")
                lately.clear()

        train(settings, output, keep_every=keep_every, told=told)
    typer.echo(f"open_clip:local-dir:{output}")


def _app() -> typer.Typer:
    app = typer.Typer(add_completion=False)
    app.command()(main)
    return app


if __name__ == "__main__":
    run(_app, sys.argv[1:], name="python -m training.clip.train")
