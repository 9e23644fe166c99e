"""The commands of the study: data, teaching, reinforcement in every variant, measuring each, and the agent at work."""

from collections.abc import Mapping
from pathlib import Path

from training.nano.agent_plan import ENCODER, agent_jobs
from training.nano.commands import (
    FRESH,
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

SHORT, LONG = 30, 360
"""Seconds of the videos: as SFT saw them, and twelve times as long, where RL is done."""
TAUGHT, ROLES = "sft", "roles"
"""SFT that grounds, where RL starts; and that is taught the agent's other roles."""
TESTED = (SHORT, 120, LONG, 480)
"""Seconds of the test videos; the last are longer than any that were trained on."""
UNTAUGHT = {"random": "random", "whole": "whole", "retrieval": f"retrieval:{ENCODER}"}
"""Systems that no command of the study makes, as `whenwhat eval` is told them."""
CONTINUED = "continued"
"""SFT on exactly the rows of RL, as many steps with as many rows."""

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
    taught = _taught(folder)
    made = [*taught, *_films(folder)]
    made += [
        measured(folder, name, system, length)
        for length in TESTED
        for name, system in UNTAUGHT.items()
    ]
    made += [score for job in taught if job.name == TAUGHT for score in _all_measured(folder, job)]
    for seed in range(seeds):
        for variant in (CONTINUED, *VARIANTS):
            job = _from_taught(folder, variant, seed)
            made += [job, *_all_measured(folder, job)]
    named = {job.name: job for job in made}
    agent = agent_jobs(folder, grounder=named[run_name(BEST, 0)], answerer=named[ROLES])
    return [*made, *agent]


def systems(seeds: int) -> dict[str, list[str]]:
    """Return what the table compares, each with the names of its runs."""
    names = {name: [name] for name in (*UNTAUGHT, TAUGHT)}
    return names | {
        variant: [run_name(variant, seed) for seed in range(seeds)]
        for variant in (CONTINUED, *VARIANTS)
    }


def _films(folder: Path) -> list[Job]:
    train = films(folder, "train", LONG, 300, 0)
    # One folder, two splits: not at once.
    after = {LONG: (train.name,)}
    return [train, *(films(folder, "test", n, VIDEOS, FRESH, after.get(n, ())) for n in TESTED)]


def _taught(folder: Path) -> list[Job]:
    start, near, sft = folder / "start", folder / "near", folder / TAUGHT
    return [
        Job(
            "start",
            ("python", "-m", "training.nano.make", str(start), "--seed", "0"),
            start / "config.json",
        ),
        trained(near, "sft", "nano-sft", [f"model={start}"], ("start",)),
        trained(sft, "sft", "nano-far", [f"model={near}"], ("near",)),
        trained(folder / ROLES, "sft", "nano-roles", [f"model={sft}"], (TAUGHT,)),
    ]


def _from_taught(folder: Path, variant: str, seed: int) -> Job:
    method, recipe = ("sft", "nano-more") if variant == CONTINUED else ("grpo", "nano-grpo")
    settings = continued(folder / TAUGHT, rows_of(folder, "train", LONG), seed)
    return trained(
        folder / "models" / run_name(variant, seed),
        method,
        recipe,
        (*settings, *VARIANTS.get(variant, ())),
        (TAUGHT, f"films-train-{LONG}"),
    )


def _all_measured(folder: Path, job: Job) -> list[Job]:
    system = grounds(job.result.parent)
    return [measured(folder, job.name, system, length, (job.name,)) for length in TESTED]
