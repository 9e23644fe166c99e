"""Makes the nano model that training starts from: random words, and eyes that have learned to see.

    python -m training.nano.make runs/nano-start --seed 0

Then `whenwhat train sft nano-sft` teaches it to look, `nano-far` to find far and late, and
`whenwhat train grpo nano-grpo` to find in longer videos.
"""

import sys
from collections import deque
from pathlib import Path
from typing import Annotated

import typer

from grounder.cli.console import print_note, progress_bar
from grounder.cli.main import run
from grounder.errors import SpecError

TOLD_EVERY = 200
"""Steps from one line to the next; each tells the mean over the last hundred."""


def main(
    output: Annotated[Path, typer.Argument(help="Folder of the weights; must not hold any yet.")],
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of weights and data.")] = 0,
    steps: Annotated[int, typer.Option("--steps", min=1, help="How long it learns to see.")] = 2600,
) -> None:
    """Make a Qwen3-VL of 2.4 million weights whose vision tower knows colours, shapes and motions."""
    if (output / "config.json").exists():
        raise SpecError(f"{output} holds a model already. Name another folder.")
    from training.nano.model import Size, new_model, new_processor, save
    from training.nano.sight import Settings, learn_to_see
    from training.nano.words import new_tokenizer

    tokenizer = new_tokenizer()
    model, processor = new_model(tokenizer, Size(), seed=seed), new_processor(tokenizer)
    lately: deque[tuple[float, ...]] = deque(maxlen=100)
    with progress_bar("learning to see", total=steps, unit="steps") as update:

        def told(step: int, loss: float, right: tuple[float, ...]) -> None:
            update(step)
            lately.append((loss, *right))
            if step % TOLD_EVERY == 0 or step == steps:
                means = [sum(values) / len(lately) for values in zip(*lately, strict=True)]
                words = "step {}: loss {:.3f}; right: colours {:.3f}, shapes {:.3f}, actions {:.3f}"
                print_note(words.format(step, *means))

        learn_to_see(model, processor, Settings(steps=steps), seed=seed, told=told)
    save(model, processor, output)
    typer.echo(f"hf:{output}#nano")


def _app() -> typer.Typer:
    app = typer.Typer(add_completion=False)
    app.command()(main)
    return app


if __name__ == "__main__":
    run(_app, sys.argv[1:], name="python -m training.nano.make")
