"""The commands that studies of the nano grounder are made of: films, training on their rows, measuring."""

from collections.abc import Sequence
from pathlib import Path

from training.nano.job import WORLD, Job

SHORT, LONG = 30, 360
"""Seconds of the videos: as SFT saw them, and twelve times as long, where RL is done."""
TAUGHT = "sft"
"""SFT that grounds, where RL starts."""
CONTINUED = "continued"
"""SFT on exactly the rows of RL, as many steps with as many rows."""
ROWS = ("--most-spans", "1", "--caption", "0", "--verify", "0")
ASKED = ("--qa", "0", "--ground", "2", "--refuse", "1")
"""Two moments to find in each video, and one that is not there."""
PRESENT = ("--qa", "0", "--ground", "2", "--refuse", "0")
"""The same moments, and nothing else."""
FILMS, VIDEOS = 300, 60
"""Videos to train on, and to test on of each length."""
STEPS = 100
"""Of RL, and of SFT that is continued on its data."""


def run_name(variant: str, seed: int) -> str:
    """Return what a variant trained with a seed is called."""
    return f"{variant}-seed{seed}"


def score_file(folder: Path, name: str, length: int) -> Path:
    """Return where the scores of a system on videos of a length are."""
    return folder / "scores" / f"{name}-{length}s" / "scores.json"


def rows_of(folder: Path, split: str, length: int) -> Path:
    """Return where the rows about the films of a split are."""
    return folder / f"films-{length}" / f"{split}.jsonl"


def films(
    folder: Path, lengths: Sequence[int], *, fresh: int, asked: Sequence[str] = ASKED
) -> list[Job]:
    """Return the jobs that render films to train on and to test on, and write their rows.

    Args:
        folder: of the study.
        lengths: seconds of the test films.
        fresh: the first seed of them: worlds that were never looked at while the method was worked out.
        asked: of each video to train on.
    """
    train = _films(folder, "train", LONG, FILMS, 0, asked)
    tests = [
        # One folder, two splits: not at once.
        _films(folder, "test", n, VIDEOS, fresh, ASKED, (train.name,) if n == LONG else ())
        for n in lengths
    ]
    return [train, *tests]


def trained(
    output: Path, method: str, recipe: str, changes: Sequence[str], needs: tuple[str, ...] = ()
) -> Job:
    """Return the job that trains by a recipe into a folder; it is called as the folder."""
    words = [word for change in changes for word in ("--set", change)]
    return Job(
        output.name,
        ("whenwhat", "train", method, recipe, *words, "--output", str(output), "--resume"),
        output / "config.json",
        needs,
    )


def trained_on(
    folder: Path,
    name: str,
    seed: int,
    rows: Path,
    *,
    reward: Sequence[str] | None,
    needs: str,
    steps: int = STEPS,
) -> Job:
    """Return the job that goes on from SFT on the rows of long films.

    Args:
        folder: of the study.
        name: of the variant.
        seed: of the run.
        rows: what is trained on.
        reward: changes of the recipe `nano-grpo`; None: SFT on as many rows a step.
        needs: the job that makes the rows.
        steps: how many.
    """
    settings = (
        f"model={folder / TAUGHT}",
        f"data={rows}",
        f"trainer.max_steps={steps}",
        f"trainer.seed={seed}",
        f"trainer.data_seed={seed}",
        *(reward or ()),
    )
    method, recipe = ("sft", "nano-more") if reward is None else ("grpo", "nano-grpo")
    output = folder / "models" / run_name(name, seed)
    return trained(output, method, recipe, settings, (TAUGHT, needs))


def all_measured(folder: Path, job: Job, lengths: Sequence[int]) -> list[Job]:
    """Return the jobs that measure what a job has trained on the test films of each length."""
    system = f"grounder:hf:{job.result.parent}#nano"
    return [measured(folder, job.name, system, length, (job.name,)) for length in lengths]


def measured(folder: Path, name: str, system: str, length: int, needs: tuple[str, ...] = ()) -> Job:
    """Return the job that measures a system, as `whenwhat eval` is told it, on the test films of a length."""
    scores, shown = score_file(folder, name, length), folder / f"films-{length}"
    return Job(
        f"score-{name}-{length}",
        (
            *("whenwhat", "eval", "world", "--annotations", str(rows_of(folder, "test", length))),
            *("--videos", str(shown), "--out", str(scores.parent)),
            *("--system", system, "--library", str(folder / "library")),
        ),
        scores,
        (f"films-test-{length}", *needs),
    )


def _films(
    folder: Path,
    split: str,
    length: int,
    count: int,
    seed: int,
    asked: Sequence[str],
    needs: tuple[str, ...] = (),
) -> Job:
    return Job(
        f"films-{split}-{length}",
        (
            *("whenwhat", "world", str(folder / f"films-{length}"), *WORLD, *ROWS, *asked),
            *("--length", str(length), "--split", split, "--count", str(count)),
            *("--seed", str(seed)),
        ),
        rows_of(folder, split, length),
        needs,
    )
