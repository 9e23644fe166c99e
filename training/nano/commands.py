"""The commands that studies of the nano grounder are made of: films, training on their rows, measuring."""

from collections.abc import Sequence
from pathlib import Path

from training.nano.job import WORLD, Job

ROWS = ("--most-spans", "1", "--caption", "0", "--verify", "0")
ASKED = ("--ground", "2", "--refuse", "1", "--qa", "0")
VIDEOS = 60
"""Test videos of each length, with two moments to find and one that is not there in each."""
FRESH = 50_000
"""The first seed of test videos: worlds that were never looked at while the method was worked out."""
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
    folder: Path, split: str, length: int, count: int, seed: int, needs: tuple[str, ...] = ()
) -> Job:
    """Return the job that renders films of `length` seconds and writes their rows."""
    return Job(
        f"films-{split}-{length}",
        (
            *("whenwhat", "world", str(folder / f"films-{length}"), *WORLD, *ROWS, *ASKED),
            *("--length", str(length), "--split", split, "--count", str(count)),
            *("--seed", str(seed)),
        ),
        rows_of(folder, split, length),
        needs,
    )


def trained(
    output: Path,
    method: str,
    recipe: str,
    changes: Sequence[str],
    needs: tuple[str, ...] = (),
) -> Job:
    """Return the job that trains by a recipe into a folder; it is called as the folder."""
    words = [word for change in changes for word in ("--set", change)]
    return Job(
        output.name,
        ("whenwhat", "train", method, recipe, *words, "--output", str(output), "--resume"),
        output / "config.json",
        needs,
    )


def continued(model: Path, data: Path, seed: int, steps: int = STEPS) -> tuple[str, ...]:
    """Return the settings of what goes on from a model on some rows, for as many steps whatever the method."""
    return (
        f"model={model}",
        f"data={data}",
        f"trainer.max_steps={steps}",
        f"trainer.seed={seed}",
        f"trainer.data_seed={seed}",
    )


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


def grounds(model: Path) -> str:
    """Return the system of a folder of weights."""
    return f"grounder:hf:{model}#nano"
