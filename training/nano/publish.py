"""Publishes a nano grounder: half precision, the standard layout, and a card that tells how it was made.

python -m training.nano.publish runs/study cendist-0.2-seed0 training/nano/grounder
"""

import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from grounder.adapters import load_adapter
from grounder.cli.console import print_note
from grounder.cli.main import run
from grounder.errors import ModelError, SpecError
from grounder.prompt import grounding_messages
from grounder.vlm import Prompt, Sampling, load_vlm
from grounder.writing import replacing
from scenetg.world import Wanted, make_world, rows, seeds_of
from training.nano.card import card
from training.nano.job import steps_to
from training.nano.plan import jobs
from training.sft.staged import WorldFootage
from training.sft.timeline import Timeline

ASKED = 24
LEAST = 0.75
"""Share of replies that rounding must leave as they are."""
SECONDS = 30.0


def main(
    study: Annotated[Path, typer.Argument(help="Folder of the study.")],
    name: Annotated[str, typer.Argument(help="Which of its runs: roles, cendist-0.2-seed0, ….")],
    output: Annotated[Path, typer.Argument(help="Folder of the published model.")],
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="Of the study.")] = 3,
) -> None:
    """Round a trained model to bfloat16, see that it replies as before, and write its card."""
    source = weights_of(study, name, seeds)
    weights = write_half(source, output)
    asked = prompts(ASKED)
    before, after = (replies(folder, asked) for folder in (source, output))
    same = sum(one == other for one, other in zip(before, after, strict=True))
    print_note(f"{same} of {len(asked)} replies are as before.")
    if same < LEAST * len(asked):
        raise ModelError(
            f"Rounding changes {len(asked) - same} of {len(asked)} replies of {source}. Publish weights that are "
            "surer of what they say."
        )
    told = card(
        study, name, seeds=seeds, place=output, weights=weights, same=same, asked=len(asked)
    )
    with replacing(output / "README.md") as part:
        part.write_text(told, encoding="utf-8")
    typer.echo(f"hf:{output}#nano")


def weights_of(study: Path, name: str, seeds: int) -> Path:
    """Return the folder of the weights of a run.

    Raises:
        SpecError: the study has no such run, or it is not done.
    """
    try:
        job = steps_to(name, jobs(study, seeds))[-1]
    except KeyError as error:
        raise SpecError(
            f"The study has no run {name!r}. `python -m training.nano.study {study} --list` lists them."
        ) from error
    if job.result.name != "config.json" or not job.is_done():
        raise SpecError(
            f"{name} has made no weights in {study}: {job.result} is what should be there."
        )
    return job.result.parent


def write_half(source: Path, output: Path) -> int:
    """Write a model and its processor with weights in bfloat16; return how many weights it has."""
    import torch
    from transformers import AutoModelForImageTextToText, AutoProcessor

    model: Any = AutoModelForImageTextToText.from_pretrained(source, dtype=torch.bfloat16)
    processor: Any = AutoProcessor.from_pretrained(source)  # type: ignore[no-untyped-call] # transformers is typed in part
    model.save_pretrained(output)
    processor.save_pretrained(output)
    return sum(weight.numel() for weight in model.parameters())


def prompts(count: int) -> list[Prompt]:
    """Return grounding prompts about held-out worlds."""
    adapter = load_adapter("nano")
    made = []
    for seed in islice(seeds_of("validation"), count):
        world = make_world(seed, SECONDS, level="nano")
        wanted = Wanted(ground=1, refuse=0, caption=0, verify=0, qa=0, shots=False)
        footage = WorldFootage(world, Timeline(), 32)
        made += [
            grounding_messages(
                adapter, footage.window(adapter.budget), row.query, within=footage.span
            )
            for row in rows(world, "", wanted=wanted, kinds=("action",), varied=False)
        ]
    return made


def replies(folder: Path, asked: Sequence[Prompt]) -> list[str]:
    """Return the greedy replies of a model."""
    vlm = load_vlm(f"hf:{folder}#nano")
    sampling = Sampling(max_tokens=vlm.adapter.max_tokens)
    return [vlm.generate([prompt], sampling)[0].text for prompt in asked]


def _app() -> typer.Typer:
    app = typer.Typer(add_completion=False)
    app.command()(main)
    return app


if __name__ == "__main__":
    run(_app, sys.argv[1:], name="python -m training.nano.publish")
