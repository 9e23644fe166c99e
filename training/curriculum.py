"""Curriculum: train, score every row anew with the model as it is now, keep what it can learn from, train again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from grounder.errors import DatasetError
from grounder.sample import Sample
from training.choice import Choice
from training.difficulty import FILTERS
from training.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Curriculum:
    """Rounds of training with a filter before each but the first.

    Source: Time-R1 (xiaomi-research/time-r1, per-epoch sample filtering).
    """

    keep: Choice
    """Which of all rows the next round trains on, after they were scored anew; one of `FILTERS`."""
    rounds: int
    """How many rounds follow the first."""
    first_epochs: int = 1
    """Epochs of the first round."""
    epochs: int = 1
    """Epochs of each later round."""

    def run(
        self,
        samples: Sequence[Sample],
        *,
        chosen: Sequence[Sample],
        train: Callable[[int, Sequence[Sample], int], None],
        score: Callable[[int, Sequence[Sample]], Sequence[Sample]],
        ledger: Ledger,
        seed: int = 0,
        fewest: int = 1,
    ) -> list[list[Sample]]:
        """Train round by round, from where the ledger stands; return what each was trained on.

        Args:
            samples: all rows.
            chosen: those of the first round.
            train: trains a round, counted from 0, on rows for a number of epochs.
            score: returns rows with their difficulty for the model as it is before a round.
            ledger: what was done before, and where it is noted.
            seed: for filters that draw; each round has its own.
            fewest: rows that a round must have: the prompts of a generation batch, for one that is not full is dropped.

        Raises:
            DatasetError: a filter leaves too little.
        """
        rounds = []
        for number in range(self.rounds + 1):
            rows = ledger.rows(number, samples)
            begun = rows is not None
            if rows is None:
                rows = self._kept(number, score(number, samples), seed) if number else list(chosen)
            rounds.append(rows)
            if number < ledger.trained:
                continue
            _check_enough(number, rows, fewest)
            if not begun:
                ledger.choose(rows)
            train(number, rows, self.epochs if number else self.first_epochs)
            ledger.finish()
        return rounds

    def _kept(self, number: int, scored: Sequence[Sample], seed: int) -> list[Sample]:
        kept = FILTERS[self.keep.name](scored, seed=seed + number, **self.keep.settings)
        if not kept:
            raise DatasetError(
                f"Round {number}: the filter {self.keep.name!r} leaves none of {len(scored)} rows. "
                "The model finds all or nothing; widen the filter or end the training here."
            )
        return kept


def _check_enough(number: int, rows: Sequence[Sample], fewest: int) -> None:
    if len(rows) < fewest:
        raise DatasetError(
            f"Round {number}: {len(rows)} rows are left, and a generation batch takes {fewest}: no step would be taken. "
            "Widen the filter, end the training here, or make the batch smaller: trainer.per_device_train_batch_size, "
            "gradient_accumulation_steps, steps_per_generation or generation_batch_size."
        )
