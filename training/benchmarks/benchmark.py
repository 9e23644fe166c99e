"""Benchmark: where one public set comes from, how its files are read and what its numbers are."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from grounder.errors import DatasetError
from scenetg.formats import Label
from training.metrics.case import Case, Columns, Rules

ENVIRONMENT = "WHENWHAT_BENCHMARKS"


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One public set."""

    name: str
    file: str
    """Annotations, relative to the folder of benchmarks."""
    origin: str
    """What to download and from where; of sets of one's own, how to make one."""
    read: Callable[[Path, Path | None], list[Label]]
    measure: Callable[[list[Case], Rules], Columns]
    official: Rules
    """The quirks of the set's own script."""
    headline: tuple[str, ...]
    """Columns for the table; all of them are in the JSON."""
    companion: str = ""
    """What a second file of annotations adds."""
    group: Callable[[Label], str] | None = None
    """Queries are also reported by this."""
    absent: bool = False
    """Queries without a truth window are meant so: they are never true, or only an answer is asked for."""
    own: bool = False
    """Nothing is downloaded: everybody makes their own."""

    @property
    def way(self) -> str:
        """How to get it, as a whole clause."""
        return self.origin if self.own else f"Download {self.origin}"


def annotations_path(benchmark: Benchmark) -> Path:
    """Return where the annotations should be.

    Raises:
        DatasetError: they are not there; the message says what to download and where to put it.
    """
    folder = os.environ.get(ENVIRONMENT)
    if folder is None:
        from platformdirs import user_data_path

        folder = str(user_data_path("whenwhat") / "benchmarks")
    path = Path(folder) / benchmark.name / benchmark.file
    if not path.is_file():
        raise DatasetError(
            f"No annotations of {benchmark.name}: {path} is not there. {benchmark.way} and put it there, "
            f"or name the file with --annotations ({ENVIRONMENT} is the folder of all benchmarks)."
        )
    return path
