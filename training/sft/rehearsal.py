"""What an SFT run would hold in a step, and a trainer that takes two."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

from transformers import AutoProcessor

from training.dry_run import UNTIMED, Length, Rehearsal, spread, steps_of
from training.memory import Skeleton, Tokens, estimate
from training.sft.collating import Collator
from training.sft.recipe import SftRecipe
from training.sft.run import Run


def rehearsed(recipe: SftRecipe, folder: Path) -> Rehearsal:
    """Check a recipe and look at some of its lessons; `folder` is where it would write."""
    run = Run.prepared(recipe, folder)
    args = run.config
    count = len(run.sources["train"])
    processor: Any = AutoProcessor.from_pretrained(recipe.model)  # type: ignore[no-untyped-call] # transformers is typed in part
    collator = Collator(
        run.sources, run.adapter, run.family, processor, recipe.targets, recipe.pictures
    )
    lengths = tuple(_length(collator, number) for number in spread(count))
    batch = args.per_device_train_batch_size
    longest = max(lengths, key=lambda one: one.prompt + one.reply)
    given: Any = args.model_init_kwargs or {}
    skeleton = Skeleton.of(recipe, run.lora, checkpointing=args.gradient_checkpointing)
    sequences = batch * args.gradient_accumulation_steps * args.world_size

    def timed(nowhere: Path) -> Any:
        trainer = {**recipe.trainer, **UNTIMED, "max_steps": 2}
        return Run.prepared(replace(recipe, trainer=trainer, validation=""), nowhere).trainer()

    return Rehearsal(
        name=recipe.name,
        method="sft",
        rows=count,
        lengths=lengths,
        sequences=sequences,
        prompts=sequences,
        steps=steps_of(
            math.ceil(count / (batch * args.world_size)),
            args.gradient_accumulation_steps,
            args.num_train_epochs,
            args.max_steps,
        ),
        memory=estimate(
            skeleton,
            recipe,
            args,
            Tokens(batch * (longest.prompt + longest.reply), batch * longest.visual),
            settings=given,
            reference=False,
        ),
        timed=timed,
    )


def _length(collator: Collator, number: int) -> Length:
    task = collator.task("train", number)
    visual = sum(kind > 0 for kind in task.shown.kinds)
    return Length(len(task.shown.ids), visual, len(task.reply))
