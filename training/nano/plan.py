"""The commands of the study: data, teaching, reinforcement in every variant, measuring each, and the agent at work."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from training.nano.agent_plan import ENCODER, agent_jobs
from training.nano.job import WORLD, Job

SHORT, LONG = 30, 360
"""Seconds of the videos: as SFT saw them, and twelve times as long, where RL is done."""
ROWS = ("--most-spans", "1", "--caption", "0", "--verify", "0")
TAUGHT, ROLES = "sft", "roles"
"""SFT that grounds, where RL starts; and that is taught the agent's other roles."""
TESTED = (SHORT, 120, LONG, 480)
"""Seconds of the test videos; the last are longer than any that were trained on."""
VIDEOS = 60
"""Of each length, with two moments to find and one that is not there in each."""
UNTAUGHT = {"random": "random", "whole": "whole", "retrieval": f"retrieval:{ENCODER}"}
"""Systems that no command of the study makes, as `whenwhat eval` is told them."""
FRESH = 50_000
"""The first seed of test videos: worlds that were never looked at while the method was worked out."""
STEPS = 100
"""Of RL, and of SFT that is continued on its data."""

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
    made = [*_taught(folder), *_films(folder)]
    made += [_measured(folder, name, length) for length in TESTED for name in UNTAUGHT]
    made += _all_measured(folder, TAUGHT)
    for seed in range(seeds):
        made += [_continued(folder, seed), *_all_measured(folder, run_name("continued", seed))]
        for variant in VARIANTS:
            made += [_reinforced(folder, variant, seed)]
            made += _all_measured(folder, run_name(variant, seed))
    named = {job.name: job for job in made}
    agent = agent_jobs(folder, grounder=named[run_name(BEST, 0)], answerer=named[ROLES])
    return [*made, *agent]


def run_name(variant: str, seed: int) -> str:
    """Return what a variant trained with a seed is called."""
    return f"{variant}-seed{seed}"


def score_file(folder: Path, name: str, length: int) -> Path:
    """Return where the scores of a system on videos of a length are."""
    return folder / "scores" / f"{name}-{length}s" / "scores.json"


def _films(folder: Path) -> list[Job]:
    films = [
        ("train", LONG, 300, 0),
        *(("test", length, VIDEOS, FRESH) for length in TESTED),
    ]
    return [
        Job(
            f"films-{split}-{length}",
            (
                *("whenwhat", "world", str(folder / f"films-{length}"), *WORLD, *ROWS),
                *("--length", str(length), "--split", split, "--count", str(count)),
                *("--seed", str(seed), "--ground", "2", "--refuse", "1", "--qa", "0"),
            ),
            folder / f"films-{length}" / f"{split}.jsonl",
            # One folder, two splits: not at once.
            (f"films-train-{length}",) if (split, length) == ("test", LONG) else (),
        )
        for split, length, count, seed in films
    ]


def _taught(folder: Path) -> list[Job]:
    start, near = folder / "start", folder / "near"
    sft, roles = folder / TAUGHT, folder / ROLES
    return [
        Job(
            "start",
            ("python", "-m", "training.nano.make", str(start), "--seed", "0"),
            start / "config.json",
        ),
        Job(
            "near",
            ("whenwhat", "train", "sft", "nano-sft", "--set", f"model={start}", *_to(near)),
            near / "config.json",
            ("start",),
        ),
        Job(
            TAUGHT,
            ("whenwhat", "train", "sft", "nano-far", "--set", f"model={near}", *_to(sft)),
            sft / "config.json",
            ("near",),
        ),
        Job(
            ROLES,
            ("whenwhat", "train", "sft", "nano-roles", "--set", f"model={sft}", *_to(roles)),
            roles / "config.json",
            (TAUGHT,),
        ),
    ]


def _continued(folder: Path, seed: int) -> Job:
    """SFT on exactly the rows of RL, as many steps with as many rows."""
    return _trained(folder, run_name("continued", seed), "sft", "nano-more", seed)


def _reinforced(folder: Path, variant: str, seed: int) -> Job:
    name = run_name(variant, seed)
    return _trained(folder, name, "grpo", "nano-grpo", seed, VARIANTS[variant])


def _trained(
    folder: Path, name: str, method: str, recipe: str, seed: int, changes: Sequence[str] = ()
) -> Job:
    output = folder / "models" / name
    settings = (
        f"model={folder / TAUGHT}",
        f"data={folder / f'films-{LONG}' / 'train.jsonl'}",
        f"trainer.max_steps={STEPS}",
        f"trainer.seed={seed}",
        f"trainer.data_seed={seed}",
        *changes,
    )
    words = [word for setting in settings for word in ("--set", setting)]
    return Job(
        name,
        ("whenwhat", "train", method, recipe, *words, *_to(output)),
        output / "config.json",
        (TAUGHT, f"films-train-{LONG}"),
    )


def _all_measured(folder: Path, name: str) -> list[Job]:
    return [_measured(folder, name, length) for length in TESTED]


def _measured(folder: Path, name: str, length: int) -> Job:
    model = folder / TAUGHT if name == TAUGHT else folder / "models" / name
    system = UNTAUGHT.get(name, f"grounder:hf:{model}#nano")
    scores = score_file(folder, name, length)
    films = folder / f"films-{length}"
    return Job(
        f"score-{name}-{length}",
        (
            *("whenwhat", "eval", "world", "--annotations", str(films / "test.jsonl")),
            *("--videos", str(films), "--out", str(scores.parent)),
            *("--system", system, "--library", str(folder / "library")),
        ),
        scores,
        (f"films-test-{length}", *_needed(name)),
    )


def _needed(system: str) -> tuple[str, ...]:
    """Return the jobs that make a system."""
    return () if system in UNTAUGHT else (system,)


def _to(output: Path) -> tuple[str, ...]:
    return ("--output", str(output), "--resume")
