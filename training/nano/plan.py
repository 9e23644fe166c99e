"""The commands of the study: data, teaching, reinforcement in every variant, measuring each, and the agent at work."""

from collections.abc import Mapping
from pathlib import Path

from training.nano.agent_plan import ENCODER, agent_jobs
from training.nano.commands import (
    CONTINUED,
    LONG,
    SHORT,
    TAUGHT,
    all_measured,
    films,
    measured,
    rows_of,
    run_name,
    trained,
    trained_on,
)
from training.nano.job import Job

ROLES = "roles"
"""SFT that goes on to be taught the agent's other roles."""
TESTED = (SHORT, 120, LONG, 480)
"""Seconds of the test videos; the last are longer than any that were trained on."""
FRESH = 50_000
"""The first seed of test videos: worlds that were never looked at while the method was worked out."""
UNTAUGHT = {"random": "random", "whole": "whole", "retrieval": f"retrieval:{ENCODER}"}
"""Systems that no command of the study makes, as `whenwhat eval` is told them."""
REWARDS: Mapping[str, tuple[str, ...]] = {
    "iou": ("rewards.cendist=0",),
    "timestamp-iou": ("rewards.iou=0", "rewards.timestamp_iou=1", "rewards.cendist=0"),
    "cendist-0.1": ("rewards.cendist=0.1",),
    "cendist-0.2": (),
    "cendist-0.5": ("rewards.cendist=0.5",),
}
"""Variants of the reward, at token-aware KL (`vocab+span`); the recipe itself is `cendist-0.2`."""
PENALTIES: Mapping[str, tuple[str, ...]] = {
    "kl-none": ("trainer.beta=0",),
    "kl-uniform": ("beta_time=0.04",),
    "kl-vocab": ("kl_mask=vocab",),
    "kl-span": ("kl_mask=span",),
}
"""Variants of the KL penalty, at IoU + 0.2 CenDist."""
VARIANTS = {**REWARDS, **PENALTIES}
BEST = "cendist-0.2"
"""The variant that the agent is measured with."""


def jobs(folder: Path, seeds: int) -> list[Job]:
    """Return all commands, each after what it needs."""
    start, near, sft, roles = _taught(folder)
    made = [start, near, sft, roles, *films(folder, TESTED, fresh=FRESH)]
    made += [
        measured(folder, name, system, length)
        for length in TESTED
        for name, system in UNTAUGHT.items()
    ]
    made += all_measured(folder, sft, TESTED)
    for seed in range(seeds):
        for variant in (CONTINUED, *VARIANTS):
            job = _run(folder, variant, seed)
            made += [job, *all_measured(folder, job, TESTED)]
    best = next(job for job in made if job.name == run_name(BEST, 0))
    return [*made, *agent_jobs(folder, grounder=best, answerer=roles)]


def systems(seeds: int) -> dict[str, list[str]]:
    """Return what the table compares, each with the names of its runs."""
    names = {name: [name] for name in (*UNTAUGHT, TAUGHT)}
    return names | {
        variant: [run_name(variant, seed) for seed in range(seeds)]
        for variant in (CONTINUED, *VARIANTS)
    }


def _taught(folder: Path) -> tuple[Job, Job, Job, Job]:
    start, near, sft = folder / "start", folder / "near", folder / TAUGHT
    make = ("python", "-m", "training.nano.make", str(start), "--seed", "0")
    return (
        Job("start", make, start / "config.json"),
        trained(near, "sft", "nano-sft", [f"model={start}"], ("start",)),
        trained(sft, "sft", "nano-far", [f"model={near}"], ("near",)),
        trained(folder / ROLES, "sft", "nano-roles", [f"model={sft}"], (TAUGHT,)),
    )


def _run(folder: Path, variant: str, seed: int) -> Job:
    rows = rows_of(folder, "train", LONG)
    reward = VARIANTS.get(variant)
    return trained_on(folder, variant, seed, rows, reward=reward, needs=f"films-train-{LONG}")
