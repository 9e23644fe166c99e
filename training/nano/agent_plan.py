"""The commands that measure the agent on long videos: the nano CLIP shortlists, the nano grounder looks at windows."""

from pathlib import Path

from training.nano.job import WORLD, Job

FRAMES = {600: (8, 16, 32, 64), 900: (8,)}
"""The most pictures of an answer, `nano-roles` teaches 8; by seconds of the videos, 20 and 30 times as long as one
look. In longer ones every shape does several things, so that hardly a question about a shape alone has one answer."""
LENGTHS = (*FRAMES, 1800, 3600)
"""Seconds of the videos in which moments are looked for."""
VIDEOS = 16
ENCODER = "open_clip:local-dir:training/nano/clip"
WINDOW, LOOKS, SPACING = 30, 12, 1
"""Seconds of one look, the most looks, and seconds between pictures of an answer: as `nano-roles` teaches."""
MODES = ("uniform", "random-span", "grounded", "grounded+context", "given-span")


def agent_folder(folder: Path, name: str, length: int) -> Path:
    """Return where a run on videos of a length is kept: `answers`, `retrieval` or `agent`."""
    return folder / "agent" / f"{name}-{length}s"


def agent_jobs(folder: Path, *, grounder: Job, answerer: Job) -> list[Job]:
    """Return the commands.

    Args:
        folder: of the study.
        grounder: the job that makes the model that localises.
        answerer: the job that makes the model that plans, verifies and answers.
    """
    agent = (
        f"agent:grounder=hf:{grounder.result.parent}#nano,vlm=hf:{answerer.result.parent}#nano,"
        f"encoder={ENCODER},window={WINDOW},max_looks={LOOKS},"
        f"spacing={SPACING}"
    )
    made_by = (grounder.name, answerer.name)
    return [
        *(_films(folder, length) for length in LENGTHS),
        *(_answers(folder, length, agent, made_by) for length in FRAMES),
        *(_moments(folder, n, "retrieval", f"retrieval:{ENCODER}", ()) for n in LENGTHS),
        *(_moments(folder, n, "agent", f"{agent},k=1", made_by) for n in LENGTHS),
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


def _answers(folder: Path, length: int, agent: str, made_by: tuple[str, ...]) -> Job:
    out = agent_folder(folder, "answers", length)
    return Job(
        f"answers-{length}",
        (
            *("whenwhat", "eval", "world-qa", *_about(folder, length), "--out", str(out)),
            *("--system", agent),
            *("--answers", ",".join(MODES), "--frames", ",".join(map(str, FRAMES[length]))),
        ),
        out / "table.json",
        (f"talks-{length}", *made_by),
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
