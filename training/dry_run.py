"""A dry run: what a step of a recipe would hold, cost and take, before anything is trained.

Real rows are turned into tokens, memory is estimated (`training.memory` says how), and where the weights are at
hand one real step is timed on this machine, in memory alone: nothing is written.
"""

import math
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from grounder.cli.console import print_note, stdout

if TYPE_CHECKING:
    from training.memory import Memory
    from training.recipe import Recipe
    from training.sft.recipe import SftRecipe

LOOKED_AT = 8
"""Rows that are turned into tokens, spread evenly over all."""
UNTIMED: dict[str, Any] = {
    "save_strategy": "no",
    "eval_strategy": "no",
    "load_best_model_at_end": False,
    "logging_strategy": "no",
    "report_to": "none",
    "disable_tqdm": True,
}


@dataclass(frozen=True, slots=True)
class Length:
    """Tokens of one row."""

    prompt: int
    """Visual ones included."""
    visual: int
    reply: int
    """With GRPO the most it may be."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A checked recipe, ready to be measured."""

    name: str
    method: str
    rows: int
    lengths: tuple[Length, ...]
    """Of the rows looked at."""
    sequences: int
    """Of one step, on all devices together."""
    prompts: int
    """How many different prompts those have."""
    steps: int
    """Of the whole run, or of its first round."""
    memory: "Memory"
    timed: Callable[[Path], Any]
    """From an empty folder to a trainer that takes `cycle` steps after the first."""
    cycle: int = 1
    """Steps from one sampling of replies to the next."""
    sampled: bool = False
    """Whether replies are sampled, so that their length is a bound."""


def spread(count: int) -> list[int]:
    """Return at most `LOOKED_AT` places of `count`, evenly spread."""
    chosen = min(count, LOOKED_AT)
    return [place * count // chosen for place in range(chosen)]


def rehearse(recipe: "Recipe | SftRecipe") -> Rehearsal:
    """Check a recipe and look at some of its rows; no weights are read.

    Raises:
        WhenwhatError: whatever training would meet before it reads the weights.
    """
    from training.recipe import Recipe

    with tempfile.TemporaryDirectory() as nowhere:
        if isinstance(recipe, Recipe):
            from training.grpo.rehearsal import rehearsed as rehearsed_grpo

            return rehearsed_grpo(recipe, Path(nowhere))
        from training.sft.rehearsal import rehearsed as rehearsed_sft

        return rehearsed_sft(recipe, Path(nowhere))


def at_hand(model: str) -> bool:
    """Tell whether weights are on this machine, in a folder or in the hub's cache."""
    from huggingface_hub import try_to_load_from_cache

    if Path(model).is_dir():
        return any(Path(model).glob("*.safetensors"))
    names = ("model.safetensors", "model.safetensors.index.json")
    return any(isinstance(try_to_load_from_cache(model, name), str) for name in names)


def time_step(rehearsal: Rehearsal) -> float:
    """Return the seconds of a step: real ones are taken with weights that are then forgotten.

    The first warms up and does not count. The folder that TRL insists on is a temporary one.
    """
    from transformers import PrinterCallback, TrainerCallback

    ends: list[float] = []

    class Clock(TrainerCallback):
        """Notes when steps end."""

        def on_step_end(self, *_: Any, **__: Any) -> None:
            ends.append(time.perf_counter())

    with tempfile.TemporaryDirectory() as nowhere:
        trainer = rehearsal.timed(Path(nowhere))
        trainer.remove_callback(PrinterCallback)
        trainer.add_callback(Clock())
        trainer.train()
    return (ends[-1] - ends[0]) / (len(ends) - 1)


def report(rehearsal: Rehearsal, seconds: float | None) -> dict[str, Any]:
    """Return the document of a dry run; `seconds`: of a step, None when it was not timed."""
    lengths = rehearsal.lengths
    tokens = {
        name: _middle_and_most([getattr(one, name) for one in lengths])
        for name in ("prompt", "visual", "reply")
    }
    prompt, reply = tokens["prompt"]["median"], tokens["reply"]["median"]
    return {
        "status": "dry_run",
        "recipe": rehearsal.name,
        "method": rehearsal.method,
        "rows": rehearsal.rows,
        "looked_at": len(lengths),
        "tokens": tokens,
        "step": {
            "sequences": rehearsal.sequences,
            "prompts": rehearsal.prompts,
            "tokens": round(rehearsal.sequences * (prompt + reply)),
            "sampled": round(rehearsal.sequences * reply) if rehearsal.sampled else 0,
        },
        "memory_gib": rehearsal.memory.gibibytes(),
        "steps": rehearsal.steps,
        "seconds_per_step": seconds,
        "hours": None if seconds is None else seconds * rehearsal.steps / 3600,
    }


def dry_run(recipe: "Recipe | SftRecipe") -> dict[str, Any]:
    """Rehearse a recipe, time a step where that can be done, and return the document."""
    rehearsal = rehearse(recipe)
    if not at_hand(recipe.model):
        print_note(f"No step was timed: the weights of {recipe.model} are not on this machine.")
        return report(rehearsal, None)
    free, needed = free_memory(), rehearsal.memory.total
    if needed > free:
        print_note(
            f"No step was timed: about {needed / 2**30:.1f} GiB are needed, and {free / 2**30:.1f} GiB are free here."
        )
        return report(rehearsal, None)
    return report(rehearsal, time_step(rehearsal))


def free_memory() -> int:
    """Return the bytes that are free where training would run."""
    import torch

    if torch.cuda.is_available():
        free: int = torch.cuda.mem_get_info()[0]
        return free
    facts = Path("/proc/meminfo")
    if not facts.is_file():
        return 2**63
    [line] = [line for line in facts.read_text().splitlines() if line.startswith("MemAvailable:")]
    return int(line.split()[1]) * 1024


def print_report(document: dict[str, Any]) -> None:
    """Print the document of a dry run as tables."""
    from rich.table import Table

    step, memory = document["step"], document["memory_gib"]
    table = Table(title=f"{document['recipe']} ({document['method']}), {document['rows']} rows")
    table.add_column(f"tokens of a row ({document['looked_at']} looked at)")
    table.add_column("median", justify="right")
    table.add_column("most", justify="right")
    for name, values in document["tokens"].items():
        bound = "reply, at most" if name == "reply" and step["sampled"] else name
        table.add_row(bound, f"{values['median']:,.0f}", f"{values['most']:,}")
    stdout().print(table)
    parts = ", ".join(
        f"{name} {value:.2f}" for name, value in memory.items() if name != "total" and value
    )
    stdout().print(
        f"a step: {step['sequences']} sequences of {step['prompts']} prompts, {step['tokens']:,} tokens"
    )
    stdout().print(
        f"memory: about {memory['total']:.2f} GiB a device ({parts}; activations within a half)"
    )
    if document["seconds_per_step"] is None:
        stdout().print(f"time: {document['steps']} steps, not timed")
        return
    hours = document["hours"]
    whole = f"{hours:.1f} h" if hours >= 1 else f"{60 * hours:.1f} min"
    stdout().print(
        f"time: {document['steps']} steps of {document['seconds_per_step']:.2f} s on this machine, {whole} in all"
    )


def _middle_and_most(values: Sequence[int]) -> dict[str, float]:
    return {"median": median(values), "most": max(values)}


def steps_of(passes: int, accumulated: int, epochs: float, most: int) -> int:
    """Return the steps of a run: `most` when it is set, else those of all epochs.

    Args:
        passes: of one epoch, on each device.
        accumulated: passes of one step.
        epochs: how often all rows are seen.
        most: `max_steps`; below 1: not set.
    """
    if most > 0:
        return most
    return math.ceil(max(1, math.ceil(passes / accumulated)) * epochs)
