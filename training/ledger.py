"""Ledger: what a curriculum has done, on disk, so that a killed one goes on in the round that was cut."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from grounder.errors import DatasetError, SpecError
from grounder.sample import Rollouts, Sample
from grounder.writing import replacing

FILE = "curriculum.json"


@dataclass(slots=True)
class Ledger:
    """Which rows each round trains on, and how many rounds are trained; every process keeps it, one writes it."""

    path: Path
    writes: bool = True
    chosen: list[list[str]] = field(default_factory=list)
    """Ids of the rows of each round that has begun."""
    trained: int = 0
    """How many rounds have written their weights."""

    @classmethod
    def open(cls, folder: Path, *, resume: bool, writes: bool = True) -> "Ledger":
        """Open the ledger of a run's folder, or begin one.

        Raises:
            SpecError: there is one, and nobody said to go on from it; or it cannot be read.
        """
        path = folder / FILE
        if not path.is_file():
            return cls(path, writes)
        if not resume:
            raise SpecError(
                f"{folder} holds {FILE} of an earlier run. "
                "Go on from it with --resume, or name another folder with --output."
            )
        try:
            table = json.loads(path.read_text(encoding="utf-8"))
            return cls(path, writes, table["chosen"], table["trained"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SpecError(
                f"Cannot read {path}: {error}. Name another folder with --output."
            ) from error

    def rows(self, number: int, samples: Sequence[Sample]) -> list[Sample] | None:
        """Return the rows of a round as they were chosen, None when it has not begun.

        Raises:
            DatasetError: the dataset has changed: rows are gone.
        """
        if number >= len(self.chosen):
            return None
        of_id = {sample.id: sample for sample in samples}
        if gone := [one for one in self.chosen[number] if one not in of_id]:
            raise DatasetError(
                f"Round {number} trains on the row {gone[0]!r}, which the dataset has no longer. "
                "Bring the dataset back, or start anew in another folder with --output."
            )
        return [of_id[one] for one in self.chosen[number]]

    def choose(self, rows: Sequence[Sample]) -> None:
        """Note the rows of the next round."""
        self.chosen.append([row.id for row in rows])
        self._write()

    def finish(self) -> None:
        """Note that one more round has written its weights."""
        self.trained += 1
        self._write()

    def _write(self) -> None:
        if not self.writes:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        table = {"trained": self.trained, "chosen": self.chosen}
        with replacing(self.path) as part:
            part.write_text(json.dumps(table, indent=1), encoding="utf-8")


@dataclass(frozen=True, slots=True)
class ScoreLog:
    """Scores of rows as they are made, a block of rows a line; each process writes a file of its own."""

    folder: Path
    process: int = 0

    def read(self) -> dict[str, Rollouts]:
        """Return what all processes have scored so far, by row id; a line cut off by a kill counts for nothing."""
        scores: dict[str, Rollouts] = {}
        for path in sorted(self.folder.glob("scores-*.jsonl")):
            for line in path.read_text(encoding="utf-8").split("\n"):
                scores |= _block(line)
        return scores

    def add(self, block: Sequence[Sample]) -> None:
        """Append scored rows, durably, as one line."""
        self.folder.mkdir(parents=True, exist_ok=True)
        scores = [
            [row.id, row.rollouts.mean, row.rollouts.std, row.rollouts.count]
            for row in block
            if row.rollouts is not None
        ]
        path = self.folder / f"scores-{self.process}.jsonl"
        with path.open("a", encoding="utf-8") as output:
            # A line that was cut off must not swallow this one.
            output.write("\n" + json.dumps(scores) + "\n")
            output.flush()
            os.fsync(output.fileno())


def _block(line: str) -> dict[str, Rollouts]:
    try:
        return {
            one: Rollouts(float(mean), float(std), int(count))
            for one, mean, std, count in json.loads(line or "[]")
        }
    except ValueError:
        return {}
