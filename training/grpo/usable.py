"""Usable: whether rows can teach anything in a run; told before its weights are read."""

from collections.abc import Sequence

from trl.trainer.grpo_config import GRPOConfig

from grounder.adapters import Adapter
from grounder.errors import DatasetError
from grounder.sample import Sample
from training.recipe import Recipe


def prompts_of_batch(args: GRPOConfig) -> int:
    """Return how many prompts a generation batch holds."""
    replies, group = args.generation_batch_size or 1, args.num_generations or 1
    return replies // group


def check_enough(rows: int, args: GRPOConfig) -> None:
    """Refuse fewer rows than a generation batch has prompts: TRL drops it, and no step would be taken.

    Raises:
        DatasetError: there are fewer.
    """
    needed = prompts_of_batch(args)
    if rows < needed:
        raise DatasetError(
            f"There are {rows} rows to train on, and a generation batch takes {needed} "
            f"({args.generation_batch_size} replies, {args.num_generations} to each): no step would be taken. Give more "
            "rows, filter less, or make it smaller: trainer.per_device_train_batch_size, gradient_accumulation_steps, "
            "steps_per_generation or generation_batch_size."
        )


def check_absent(samples: Sequence[Sample], recipe: Recipe, adapter: Adapter) -> None:
    """Refuse rows without a moment where nothing rewards saying so.

    Raises:
        DatasetError: there are such rows.
    """
    absent = [sample for sample in samples if sample.task == "ground" and sample.absent]
    why = unrefused(recipe, adapter)
    if absent and why:
        raise DatasetError(
            f"Row {absent[0].id}: it has no moment, as have {len(absent)} of {len(samples)} rows, but {why}, "
            "or leave those rows out."
        )


def unrefused(recipe: Recipe, adapter: Adapter) -> str:
    """Return why nothing is learnt from rows without a moment, and what to do; empty where something is."""
    if "refusal" not in {choice.name for choice, weight in recipe.rewards if weight}:
        return "nothing rewards saying that it is nowhere. Give rewards refusal"
    if not adapter.reply.nothing:
        return (
            f"the adapter {adapter.name!r} has no words for a moment that is nowhere. "
            "Choose another adapter"
        )
    return ""
