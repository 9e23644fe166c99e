"""From a recipe to trained weights, in one go or in rounds; a killed run goes on where it was."""

from dataclasses import replace
from pathlib import Path

from training.checkpoints import starting_point
from training.grpo.prepared import Prepared
from training.grpo.rounds import Rounds
from training.grpo.usable import prompts_of_batch
from training.ledger import Ledger
from training.recipe import Recipe


def train_recipe(recipe: Recipe, output: Path, *, resume: bool = False) -> Path:
    """Train as the recipe says and return the folder of the weights, `output`.

    With a curriculum each round writes to `output/round-N`, too.

    Args:
        recipe: what to do.
        output: folder of weights and checkpoints; made if need be.
        resume: go on from the newest checkpoint in `output`, or in the round that was cut, if there is one.

    Raises:
        SpecError: the recipe asks for what does not fit together, or `output` holds another run.
        DatasetError: rows or their videos cannot be used, or none is left.
        ModelError: the weights cannot be used, or training would be blind.
        MissingDependency: something that the recipe names is not installed.
    """
    checkpoint = starting_point(output, resume=resume)
    ledger = Ledger.open(output, resume=resume)
    prepared = Prepared.of(recipe, output)
    if recipe.curriculum is None:
        prepared.train(prepared.chosen, prepared.config, checkpoint)
        return output
    rounds = Rounds(prepared, output)
    recipe.curriculum.run(
        prepared.samples,
        chosen=prepared.chosen,
        train=rounds.train,
        score=rounds.score,
        ledger=replace(ledger, writes=prepared.config.process_index == 0),
        seed=prepared.config.seed,
        fewest=prompts_of_batch(prepared.config),
    )
    return output
