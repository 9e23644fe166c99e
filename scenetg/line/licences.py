"""Licences: under which each video may be used, as its owner tells us; nothing is guessed."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from grounder.errors import SpecError


@dataclass(frozen=True, slots=True)
class Licences:
    """What is known of the licences of the videos."""

    default: str = ""
    """Of every video that no pattern names; empty: unknown."""
    patterns: Mapping[str, str] = field(default_factory=dict)
    """File name, or a pattern of one (`*.webm`), to licence; the first that fits counts."""

    def of(self, path: Path) -> str:
        """Return the licence of a video, empty when unknown."""
        for pattern, licence in self.patterns.items():
            if fnmatch(path.name, pattern):
                return licence
        return self.default

    def unused(self, paths: Iterable[Path]) -> list[str]:
        """Return the patterns that fit none of the videos: most likely misspelt."""
        names = [path.name for path in paths]
        return [
            pattern
            for pattern in self.patterns
            if not any(fnmatch(name, pattern) for name in names)
        ]


def read_licences(file: Path | None, default: str = "") -> Licences:
    """Read a TOML file of `"file name or pattern" = "licence"` lines.

    Raises:
        SpecError: it cannot be read, or a licence is no text.
    """
    if file is None:
        return Licences(default)
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SpecError(f"Cannot read the licences {file}: {error}. It must be TOML.") from error
    for pattern, licence in table.items():
        if not isinstance(licence, str):
            raise SpecError(
                f'{file}: {pattern} = {licence!r}; a licence is text: "film.mp4" = "CC-BY-3.0".'
            )
    return Licences(default, table)
