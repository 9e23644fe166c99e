"""Rounds of a curriculum with GRPO: train from the round before, score rows with what it left; any kill is survived."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from accelerate import PartialState
from accelerate.utils import gather_object

from grounder.cli.console import progress_bar
from grounder.sample import Rollouts, Sample
from grounder.vlm.hf import HfVLM
from training.checkpoints import last_checkpoint
from training.difficulty import score_rollouts, share_of, with_rollouts
from training.grpo.prepared import Prepared
from training.grpo.rows import prompts_for
from training.ledger import ScoreLog
from training.recipe import grpo_config
from training.weights import read_weights


@dataclass(frozen=True, slots=True)
class Rounds:
    """Trains and scores the rounds of one run, each in `output/round-N`.

    A round starts from the weights that the one before wrote, so that one gone on with is the same.
    """

    prepared: Prepared
    output: Path

    def train(self, number: int, samples: Sequence[Sample], epochs: int) -> None:
        """Train one round, on from its newest checkpoint; write its weights there and, as the latest, to the run's."""
        folder, recipe = self._folder(number), self.prepared.recipe
        trainer = {**recipe.trainer, "num_train_epochs": epochs}
        config = grpo_config(replace(recipe, trainer=trainer), folder)
        self.prepared.train(
            samples,
            config,
            last_checkpoint(folder),
            weights=self._before(number),
            copies=[self.output],
        )

    def score(self, number: int, samples: Sequence[Sample]) -> list[Sample]:
        """Return rows with their difficulty for the model as it is before a round.

        Processes share the rows; scores are stored as they are made.
        """
        state = PartialState()
        log = ScoreLog(self._folder(number), state.process_index)
        mine = share_of(samples, state.process_index, state.num_processes)
        scored = self._scored(number, mine, log)
        shares = gather_object([{row.id: row.rollouts for row in scored}])
        known: dict[str, Rollouts] = {}
        for share in shares:
            known |= share
        return [with_rollouts(sample, known[sample.id]) for sample in samples]

    def _scored(self, number: int, samples: Sequence[Sample], log: ScoreLog) -> list[Sample]:
        if not samples:  # more processes than blocks
            return []
        known = log.read()
        config, adapter = self.prepared.config, self.prepared.adapter
        count = config.num_generations or 1
        left = [row for row in samples if row.id not in known]
        model, processor = read_weights(self.prepared.recipe, config, self._before(number))
        vlm = HfVLM(
            model.to(config.device).eval(),
            processor,
            name=self.prepared.recipe.model,
            adapter=adapter,
            family=self.prepared.family,
        )
        done = 0
        with progress_bar(f"Scoring for round {number}", total=len(left), unit="rows") as update:

            def note(block: Sequence[Sample]) -> None:
                nonlocal done
                log.add(block)
                done += len(block)
                update(done)

            return score_rollouts(
                samples,
                self.prepared.rows(samples),
                vlm=vlm,
                prompt_of=prompts_for(adapter, self.prepared.recipe.questions),
                rollouts=count,
                temperature=config.temperature,
                max_tokens=config.max_completion_length,
                seed=config.seed,
                known=known,
                note=note,
            )

    def _folder(self, number: int) -> Path:
        return self.output / f"round-{number}"

    def _before(self, number: int) -> Path | None:
        """Return where the weights are that a round starts from; None for those of the recipe."""
        return self._folder(number - 1) if number else None
