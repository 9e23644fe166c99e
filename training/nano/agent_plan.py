"""The commands that measure the agent on long videos: the nano CLIP shortlists, the nano grounder looks at windows."""

from pathlib import Path

from training.nano.job import WORLD, Job

LENGTHS = (600, 1800)
"""Seconds of the videos, 20 and 60 times as long as one look."""
VIDEOS = 16
ENCODER = "open_clip:local-dir:training/nano/clip"
WINDOW, LOOKS, FRAMES = 30, 12, 8
"""Seconds of one look, the most looks, pictures of an answer: as in `whenwhat demo`."""
MODES = ("uniform", "grounded", "given-span", "random-span")


def agent_folder(folder: Path, name: str, length: int) -> Path:
    """Return where a run on videos of a length is kept: `answers`, `retrieval` or `agent`."""
    return folder / "agent" / f"{name}-{length}s"


def agent_jobs(folder: Path, *, model: Path, made_by: str) -> list[Job]:
    """Return the commands, for a model that plans, grounds, verifies and answers.

    Args:
        folder: of the study.
        model: its weights.
        made_by: the job that makes them.
    """
    return [
        job
        for length in LENGTHS
        for job in (
            _films(folder, length),
            _answers(folder, length, model, made_by),
            _moments(folder, length, "retrieval", f"retrieval:{ENCODER}", ()),
            _moments(folder, length, "agent", f"agent:{_settings(model)},k=1", (made_by,)),
        )
    ]


def _films(folder: Path, length: int) -> Job:
    home = folder / f"talks-{length}"
    return Job(
        f"talks-{length}",
        (
            *("whenwhat", "world", str(home), *WORLD, "--most-spans", "1", "--questions", "bare"),
            *("--length", str(length), "--split", "test", "--count", str(VIDEOS)),
            *("--ground", "4", "--refuse", "0", "--caption", "0", "--verify", "0", "--qa", "6"),
        ),
        home / "test.jsonl",
    )


def _answers(folder: Path, length: int, model: Path, made_by: str) -> Job:
    out = agent_folder(folder, "answers", length)
    return Job(
        f"answers-{length}",
        (
            *("whenwhat", "eval", "world-qa", *_about(folder, length), "--out", str(out)),
            *("--system", f"agent:{_settings(model)}"),
            *("--answers", ",".join(MODES), "--frames", str(FRAMES)),
        ),
        out / "table.json",
        (f"talks-{length}", made_by),
    )


def _moments(folder: Path, length: int, name: str, system: str, needs: tuple[str, ...]) -> Job:
    out = agent_folder(folder, name, length)
    return Job(
        f"{name}-{length}",
        (
            *("whenwhat", "eval", "world", *_about(folder, length), "--out", str(out)),
            *("--system", system),
        ),
        out / "scores.json",
        (f"talks-{length}", *needs),
    )


def _about(folder: Path, length: int) -> tuple[str, ...]:
    home = folder / f"talks-{length}"
    library = folder / "agent" / "library"
    return (
        *("--annotations", str(home / "test.jsonl"), "--videos", str(home)),
        *("--library", str(library)),
    )


def _settings(model: Path) -> str:
    return f"vlm=hf:{model}#nano,encoder={ENCODER},window={WINDOW},max_looks={LOOKS}"
