"""Which files of a folder are videos."""

from collections.abc import Iterator
from pathlib import Path

SUFFIXES = frozenset(
    [
        ".3gp",
        ".asf",
        ".avi",
        ".flv",
        ".m2ts",
        ".m4v",
        ".mkv",
        ".mov",
        ".mp4",
        ".mpeg",
        ".mpg",
        ".mts",
        ".mxf",
        ".ogv",
        ".ts",
        ".webm",
        ".wmv",
    ]
)
"""A file that is named itself is tried whatever it ends in."""


def videos_in(path: Path) -> Iterator[Path]:
    """Yield the videos in a folder and below it in alphabetical order; a path that is no folder, as it is."""
    if not path.is_dir():
        yield path
        return
    for file in sorted(path.rglob("*")):
        # Hidden files are half-written ones (`grounder.writing`) or another system's notes.
        if file.suffix.lower() in SUFFIXES and not file.name.startswith("."):
            yield file


def suffixes() -> str:
    """Return what videos are looked for by, for people."""
    return " ".join(sorted(SUFFIXES))
