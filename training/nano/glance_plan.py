"""The commands of the study of glances: long videos of whose moments one time is known (`training.glances`), not the ends.

Nobody marks a time of what is not there: all queries that are trained on have a moment. All starts from weights that come with the project and have seen no video of more than 30 s: the answerer, taught to ground
once more.
"""

from collections.abc import Mapping
from pathlib import Path

from training.nano.commands import (
    CONTINUED,
    LONG,
    PRESENT,
    SHORT,
    STEPS,
    TAUGHT,
    all_measured,
    films,
    rows_of,
    run_name,
    trained,
    trained_on,
)
from training.nano.job import Job

START = Path("training/nano/answerer")
AGAIN = ("data.world.rows=36000", "trainer.lr_scheduler_kwargs.num_decay_steps=400")
"""Half of what `nano-far` takes: the model has learnt to look."""
TESTED = (SHORT, LONG, 480)
FRESH = 60_000
"""Not the films of the study on exact labels, nor those on which this one was worked out."""
GRID = 2
"""Seconds: of the world's clock. No other number stands in front of a point in what the model was ever taught; to be
told odd seconds would cost SFT more than to be told vague ones."""

VARIANTS: Mapping[str, tuple[str, ...]] = {
    "cendist-0.2": (),
    "iou": ("rewards.cendist=0",),
    "cendist": ("rewards.iou=0", "rewards.cendist=1"),
}
"""What is paid: both ends and the centre, as the recipe says, or one of the two; at token-aware KL."""
EXACT, LONGER = "continued-exact", "continued-300"
"""SFT as the control, on the same rows with their true ends; and for three times as many steps."""
COMPARED = (CONTINUED, EXACT, *VARIANTS, LONGER)


def jobs(folder: Path, seeds: int) -> list[Job]:
    """Return all commands, each after what it needs."""
    taught = trained(folder / TAUGHT, "sft", "nano-far", (f"model={START}", *AGAIN))
    made = [
        taught,
        *films(folder, TESTED, fresh=FRESH, asked=PRESENT),
        *all_measured(folder, taught, TESTED),
    ]
    made += [_glances(folder, seed) for seed in range(seeds)]
    for variant in COMPARED:
        for seed in range(seeds):
            job = _run(folder, variant, seed)
            made += [job, *all_measured(folder, job, TESTED)]
    return made


def systems(seeds: int) -> dict[str, list[str]]:
    """Return what the table compares, each with the names of its runs."""
    runs = {name: [run_name(name, seed) for seed in range(seeds)] for name in COMPARED}
    return {TAUGHT: [TAUGHT], **runs}


def _glances(folder: Path, seed: int) -> Job:
    """Other times are marked for each seed, so that what they do to a run is in its spread."""
    exact, glanced = rows_of(folder, "train", LONG), _rows(folder, seed)
    return Job(
        glanced.stem,
        (
            *("python", "-m", "training.glances", str(exact), str(glanced)),
            *("--grid", str(GRID), "--seed", str(seed)),
        ),
        glanced,
        (f"films-train-{LONG}",),
    )


def _rows(folder: Path, seed: int) -> Path:
    return rows_of(folder, f"glances-{seed}", LONG)


def _run(folder: Path, variant: str, seed: int) -> Job:
    exact = variant == EXACT
    rows = rows_of(folder, "train", LONG) if exact else _rows(folder, seed)
    return trained_on(
        folder,
        variant,
        seed,
        rows,
        reward=VARIANTS.get(variant),
        needs=f"films-train-{LONG}" if exact else rows.stem,
        steps=3 * STEPS if variant == LONGER else STEPS,
    )
