"""Sources: which videos a dataset is made of; one that lies there twice is taken once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from grounder.errors import BuildError, VideoError
from grounder.video.folder import suffixes, videos_in
from scenetg.store.store import Store


@dataclass(frozen=True, slots=True)
class Source:
    """One video, by content."""

    video_id: str
    """Hex SHA-256 of the file."""
    path: Path
    """The first of its names in alphabetical order."""
    copies: tuple[Path, ...] = ()
    """Its other names."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that cannot be read at all."""

    path: Path
    reason: str


def find_files(paths: Sequence[Path]) -> list[Path]:
    """Return the files named, and the videos in the folders named, absolute, in alphabetical order.

    Raises:
        BuildError: there is none.
    """
    found = sorted({file for path in paths for file in videos_in(path.resolve())})
    if not found:
        raise BuildError(
            f"No video in {', '.join(map(str, paths))}. Looked for {suffixes()}; a file that ends "
            "otherwise can be named itself."
        )
    return found


def identify(
    files: Sequence[Path], store: Store, update: Callable[[float], None]
) -> tuple[list[Source], list[Unreadable]]:
    """Hash files (those not seen before) and return the videos they hold, in order of id."""
    names: dict[str, list[Path]] = {}
    unreadable: list[Unreadable] = []
    for number, file in enumerate(files, start=1):
        try:
            names.setdefault(store.identify(file), []).append(file)
        except VideoError as error:
            unreadable.append(Unreadable(file, str(error)))
        update(number)
    sources = [Source(key, paths[0], tuple(paths[1:])) for key, paths in sorted(names.items())]
    return sources, unreadable
