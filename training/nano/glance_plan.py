"""The commands of the study of glances: long videos of whose moments one time is known (`training.glances`), not the ends.

It starts from weights that come with the project and have seen no video of more than 30 s: the answerer, taught to ground
once more.
"""

from collections.abc import Mapping
from pathlib import Path

from training.nano.commands import (
    FRESH,
    STEPS,
    VIDEOS,
    continued,
    films,
    grounds,
    measured,
    rows_of,
    run_name,
    trained,
)
from training.nano.job import Job
from training.nano.plan import CONTINUED, LONG, SHORT, TAUGHT

START = Path("training/nano/answerer")
AGAIN = ("data.world.rows=36000", "trainer.lr_scheduler_kwargs.num_decay_steps=400")
"""Half of what `nano-far` takes: the model has learnt to look."""
TESTED = (SHORT, LONG, 480)
GLANCES = "glances"

CENTRE = ("rewards.iou=0", "rewards.cendist=1")
VARIANTS: Mapping[str, tuple[str, ...]] = {
    "cendist": CENTRE,
    "iou": ("rewards.cendist=0",),
    "kl-uniform": (*CENTRE, "beta_time=0.04"),
}
"""The centre alone, of which a glance tells something, is paid; or both ends are; at token-aware KL and on every token."""
LONGER, LONGER_STEPS = "continued-300", 300
"""SFT on the same rows for three times as many steps: is the control only slow?"""
COMPARED = (CONTINUED, *VARIANTS, LONGER)


def jobs(folder: Path, seeds: int) -> list[Job]:
    """Return all commands, each after what it needs."""
    exact, glanced = rows_of(folder, "train", LONG), rows_of(folder, GLANCES, LONG)
    train = films(folder, "train", LONG, 300, 0)
    taught = trained(folder / TAUGHT, "sft", "nano-far", (f"model={START}", *AGAIN))
    made = [
        taught,
        train,
        # One folder, two splits: not at once.
        *(films(folder, "test", n, VIDEOS, FRESH, (train.name,)) for n in TESTED),
        Job(
            GLANCES,
            ("python", "-m", "training.glances", str(exact), str(glanced)),
            glanced,
            (train.name,),
        ),
        *_all_measured(folder, taught),
    ]
    for variant in COMPARED:
        for seed in range(seeds):
            job = _run(folder, glanced, variant, seed)
            made += [job, *_all_measured(folder, job)]
    return made


def systems(seeds: int) -> dict[str, list[str]]:
    """Return what the table compares, each with the names of its runs."""
    return {TAUGHT: [TAUGHT]} | {
        variant: [run_name(variant, seed) for seed in range(seeds)] for variant in COMPARED
    }


def _run(folder: Path, rows: Path, variant: str, seed: int) -> Job:
    method, recipe = ("grpo", "nano-grpo") if variant in VARIANTS else ("sft", "nano-more")
    steps = LONGER_STEPS if variant == LONGER else STEPS
    return trained(
        folder / "models" / run_name(variant, seed),
        method,
        recipe,
        (*continued(folder / TAUGHT, rows, seed, steps), *VARIANTS.get(variant, ())),
        (TAUGHT, GLANCES),
    )


def _all_measured(folder: Path, job: Job) -> list[Job]:
    system = grounds(job.result.parent)
    return [measured(folder, job.name, system, length, (job.name,)) for length in TESTED]
