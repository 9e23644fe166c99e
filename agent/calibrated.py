"""Thresholds fitted on labelled videos (`whenwhat calibrate`): kept in the library, by encoder and grounder."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from agent.context import Thresholds
from grounder.errors import LibraryError
from grounder.library.lock import exclusive
from grounder.search.confidence import visual_calibration
from grounder.writing import replacing

FILE = "calibration.json"
LOCK = ".calibration.lock"
VERSION = 1


@dataclass(frozen=True, slots=True)
class Fit:
    """Thresholds, for whom they hold, and what they were fitted on."""

    encoder: str
    grounder: str
    thresholds: Thresholds
    risk: float
    """Share of sure answers that was allowed to be wrong."""
    present: int
    """Queries that are true somewhere."""
    absent: int
    """Queries that never are."""
    videos: int
    date: str
    """ISO."""

    def __str__(self) -> str:
        return (
            f"calibrated {self.date} on {self.present} present and {self.absent} absent queries of {self.videos} "
            f"videos, risk {self.risk:g}"
        )


def stored_fits(folder: Path) -> list[Fit]:
    """Return all fits of a library, the latest last.

    Raises:
        LibraryError: the file is damaged or of a newer whenwhat.
    """
    path = folder / FILE
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["version"] != VERSION:
            raise ValueError(f"version {document['version']}, this whenwhat reads {VERSION}")
        return [
            Fit(**row | {"thresholds": Thresholds(**row["thresholds"])}) for row in document["fits"]
        ]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LibraryError(
            f"{path} cannot be used ({type(error).__name__}: {error}). Remove it with `whenwhat calibrate --reset`."
        ) from error


def fit_for(folder: Path, encoder: str, grounder: str) -> Fit | None:
    """Return the fit of this encoder and grounder, None when there is none. Raises as `stored_fits` does."""
    fits = (f for f in stored_fits(folder) if (f.encoder, f.grounder) == (encoder, grounder))
    return next(fits, None)


def family_thresholds(encoder: str, own: Mapping[str, Any] | None = None) -> Thresholds:
    """Return the thresholds where nothing is fitted; arguments as `visual_calibration`."""
    limits = visual_calibration(encoder, own).limits
    return Thresholds(present=limits.present, found=limits.found, sure=limits.sure)


def store_fit(folder: Path, fit: Fit) -> None:
    """Keep a fit in place of an earlier one of the same encoder and grounder. Raises as `stored_fits` does."""
    with exclusive(folder / LOCK):
        others = [
            one
            for one in stored_fits(folder)
            if (one.encoder, one.grounder) != (fit.encoder, fit.grounder)
        ]
        _write(folder / FILE, [*others, fit])


def forget_fits(folder: Path) -> bool:
    """Remove all fits, readable or not; False when there were none."""
    path = folder / FILE
    with exclusive(folder / LOCK):
        there = path.is_file()
        path.unlink(missing_ok=True)
    return there


def _write(path: Path, fits: Sequence[Fit]) -> None:
    document = {"version": VERSION, "fits": [asdict(fit) for fit in fits]}
    with replacing(path) as part:
        part.write_text(json.dumps(document, indent=1), encoding="utf-8")
