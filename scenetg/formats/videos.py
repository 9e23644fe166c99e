"""Finding the videos that annotation files name: by a pattern, or in a folder by name."""

from collections import defaultdict
from collections.abc import Callable
from functools import cache
from pathlib import Path, PurePosixPath

from grounder.errors import SpecError, VideoError

NAME = "{}"


def locator(videos: str) -> Callable[[str], str]:
    """Return what leads from the name of a video to its path.

    Args:
        videos: a pattern with `{}` for the name (`films/{}.mp4`), or a folder that holds the files, under
            their names or with a suffix added.

    Raises:
        SpecError: it is neither.
    """
    if NAME in videos:
        return lambda name: videos.replace(NAME, name)
    folder = Path(videos)
    if not folder.is_dir():
        raise SpecError(
            f"--videos {videos} is no folder. Name one, or write a pattern such as films/{{}}.mp4."
        )
    found = _by_name(folder)
    return lambda name: _find(found, name, folder)


@cache
def measure(path: str) -> float:
    """Return the seconds of a video.

    Raises:
        ValueError: it cannot be used.
    """
    from grounder.video import Video

    try:
        with Video.open(path) as video:
            return video.duration
    except VideoError as error:
        raise ValueError(f"has no duration, and its video does not tell it: {error}") from error


def _by_name(folder: Path) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            for name in {path.name, path.stem}:
                found[name].append(path)
    return found


def _find(found: dict[str, list[Path]], name: str, folder: Path) -> str:
    wanted = PurePosixPath(name)
    for key in (wanted.name, wanted.stem):
        paths = found.get(key, [])
        if len(paths) == 1:
            return str(paths[0])
        if paths:
            raise ValueError(f"video {name!r} could be {paths[0]} or {paths[1]}. Rename one.")
    raise ValueError(f"video {name!r} is not in {folder}. Put it there, or leave the row out.")
