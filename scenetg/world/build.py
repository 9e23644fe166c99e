"""Building a folder of rendered videos and their rows; what is finished is never made again.

`FOLDER/videos/world-SEED.mp4` (and `.srt`), `FOLDER/SPLIT.jsonl`, and `FOLDER/world.json` with the
settings that all its videos share.
"""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path

from grounder.errors import DatasetError
from grounder.sample import write_samples
from grounder.writing import replacing
from scenetg.world.make import make_world
from scenetg.world.rows import Wanted, rows
from scenetg.world.script import World
from scenetg.world.seeds import split_of


@dataclass(frozen=True, slots=True)
class Settings:
    """What all videos of a folder have in common."""

    length: float
    level: str
    width: int
    height: int
    rate: int
    """Frames per second."""
    srt: bool
    """Whether what is said is written beside each video."""

    def world(self, seed: int) -> World:
        """Return the script of one video."""
        return make_world(seed, self.length, level=self.level, aspect=self.width / self.height)


def build(
    folder: Path,
    settings: Settings,
    seeds: Sequence[int],
    *,
    workers: int = 1,
    progress: Callable[[float], None] = lambda done: None,
) -> int:
    """Render the worlds of `seeds` that are missing in `folder`; return how many were.

    Args:
        folder: Made if need be.
        settings: Must be those that the folder was begun with.
        seeds: One video each.
        workers: Processes; each renders one video at a time.
        progress: Told how many videos are done, in fractions.

    Raises:
        DatasetError: the folder holds videos of other settings.
        ValueError: the settings are impossible (see `make_world`, `write_video`).
    """
    _settle(folder, settings)
    missing = [seed for seed in seeds if not video_path(folder, seed).is_file()]
    done = len(seeds) - len(missing)
    progress(done)
    if workers == 1:
        for seed in missing:
            _render(folder, settings, seed, lambda part, done=done: progress(done + part))  # type: ignore[misc]  # mypy cannot infer a lambda with a default
            done += 1
            progress(done)
        return len(missing)
    # Fresh processes: a forked one inherits locks of threads that it does not have.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        jobs = [pool.submit(_render, folder, settings, seed) for seed in missing]
        for count, job in enumerate(as_completed(jobs), start=done + 1):
            job.result()
            progress(count)
    return len(missing)


def write_rows(
    folder: Path,
    settings: Settings,
    split: str,
    wanted: Wanted,
    *,
    kinds: Sequence[str] | None = None,
    questions: Sequence[str] | None = None,
    most_spans: int = 3,
    varied: bool = True,
) -> int:
    """Write `SPLIT.jsonl` for every finished video of a split and return how many rows it has.

    `wanted`, `kinds`, `questions`, `most_spans` and `varied` are those of `scenetg.world.rows`.
    """
    made = (
        row
        for seed in finished_seeds(folder, split)
        for row in rows(
            settings.world(seed),
            video_path(folder, seed).relative_to(folder).as_posix(),
            wanted=wanted,
            kinds=kinds,
            questions=questions,
            most_spans=most_spans,
            varied=varied,
        )
    )
    return write_samples(folder / f"{split}.jsonl", made)


def read_folder(folder: Path) -> Settings:
    """Return the settings of a folder that `build` has made.

    Raises:
        DatasetError: there is no such folder, or its settings cannot be read.
    """
    note = folder / "world.json"
    try:
        return Settings(**json.loads(note.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise DatasetError(
            f"{note} cannot be read ({error}). Name a folder that `whenwhat world` has made."
        ) from error


def video_path(folder: Path, seed: int) -> Path:
    """Return where the video of a seed lies."""
    return folder / "videos" / f"world-{seed}.mp4"


def finished_seeds(folder: Path, split: str) -> list[int]:
    """Return the seeds of a split whose videos are complete, rising."""
    seeds = (
        int(path.stem.removeprefix("world-")) for path in (folder / "videos").glob("world-*.mp4")
    )
    return sorted(seed for seed in seeds if split_of(seed) == split)


def _settle(folder: Path, settings: Settings) -> None:
    """Note the settings of a new folder, or compare them with those of an old one."""
    (folder / "videos").mkdir(parents=True, exist_ok=True)
    note, wanted = folder / "world.json", asdict(settings)
    if note.is_file():
        found = json.loads(note.read_text(encoding="utf-8"))
        if found != wanted:
            raise DatasetError(
                f"{folder} was begun with {found}, not {wanted}. Use the same settings or another folder."
            )
    with replacing(note) as part:
        part.write_text(json.dumps(wanted, indent=2) + "\n", encoding="utf-8")


def _render(
    folder: Path,
    settings: Settings,
    seed: int,
    progress: Callable[[float], None] | None = None,
) -> None:
    from grounder.video.decoder import Size
    from scenetg.world.encode import write_dialogue, write_video

    world, path = settings.world(seed), video_path(folder, seed)
    frames = max(1.0, world.duration * settings.rate)
    if settings.srt:
        write_dialogue(world, path.with_suffix(".srt"))
    write_video(
        world,
        path,
        size=Size(settings.width, settings.height),
        rate=settings.rate,
        progress=None if progress is None else lambda done: progress(done / frames),
    )
