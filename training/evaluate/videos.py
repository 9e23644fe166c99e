"""Where the video of a query is: in a folder, under the name that the annotations have for it."""

import os
from collections.abc import Iterable
from pathlib import Path

from grounder.errors import DatasetError
from grounder.video.folder import SUFFIXES
from training.annotations import video_path
from training.benchmarks.benchmark import ENVIRONMENT, Benchmark

FOLDER = "videos"


def videos_folder(benchmark: Benchmark, named: Path | None, annotations: Path) -> Path:
    """Return the folder of a benchmark's videos: the one that is named, `videos` beside the annotations, or beside them.

    Raises:
        DatasetError: the named folder is not there.
    """
    if named is None:
        home = annotations if annotations.is_dir() else annotations.parent
        # Rows name their videos from their own folder.
        own = home / FOLDER
        return own if own.is_dir() and benchmark.name not in {"rows", "world", "world-qa"} else home
    if not named.is_dir():
        raise DatasetError(
            f"{named} is no folder. Give the folder that holds the videos of {benchmark.name} ({benchmark.origin})."
        )
    return named


def find_video(folder: Path, video: str) -> Path | None:
    """Return the file of a video as annotations name it: a path in the folder, or a name without its ending."""
    path = folder / video
    if path.is_file():
        return path
    named = (folder / f"{video}{suffix}" for suffix in sorted(SUFFIXES))
    return next((file for file in named if file.is_file()), None) or video_path(folder, video)


def none_there(folder: Path, videos: Iterable[str], benchmark: Benchmark) -> DatasetError:
    """Return the error for a folder that has none of the videos."""
    example = next(iter(videos))
    way = benchmark.way if benchmark.own else f"Download the videos of {benchmark.origin}"
    return DatasetError(
        f"None of the videos of {benchmark.name} is in {folder}: looked for {os.fspath(folder / example)} with endings "
        f"like .mp4. {way} and put them there, or name their folder with --videos "
        f"({ENVIRONMENT} is the folder of all benchmarks)."
    )
