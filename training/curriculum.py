"""Curriculum: train, score every row anew with the model as it is now, keep what it can learn from, train again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from grounder.errors import DatasetError
from grounder.sample import Sample
from training.choice import Choice
from training.difficulty import FILTERS


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
        train: Callable[[Sequence[Sample], int], None],
        score: Callable[[Sequence[Sample]], Sequence[Sample]],
        seed: int = 0,
    ) -> list[list[Sample]]:
        """Train round by round; return what each was trained on.

        Args:
            samples: all rows.
            chosen: those of the first round.
            train: trains on rows for a number of epochs.
            score: returns rows with their difficulty for the model as it is.
            seed: for filters that draw; each round has its own.

        Raises:
            DatasetError: a filter leaves nothing.
        """
        rounds = [list(chosen)]
        train(rounds[0], self.first_epochs)
        for number in range(1, self.rounds + 1):
            scored = score(samples)
            kept = FILTERS[self.keep.name](scored, seed=seed + number, **self.keep.settings)
            if not kept:
                raise DatasetError(
                    f"Round {number}: the filter {self.keep.name!r} leaves none of {len(scored)} rows. "
                    "The model finds all or nothing; widen the filter or end the training here."
                )
            train(kept, self.epochs)
            rounds.append(kept)
        return rounds
