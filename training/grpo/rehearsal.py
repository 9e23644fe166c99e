"""What a GRPO run would hold in a step, and a trainer that takes as many as show what one costs."""

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from transformers import AutoProcessor

from training.dry_run import UNTIMED, Length, Rehearsal, spread, steps_of
from training.grpo.prepared import Prepared
from training.grpo.rows import prompts_for
from training.grpo.shown import shown_of
from training.memory import Skeleton, Tokens, estimate
from training.recipe import Recipe


def rehearsed(recipe: Recipe, folder: Path) -> Rehearsal:
    """Check a recipe and look at some of its rows; `folder` is where it would write."""
    prepared = Prepared.of(recipe, folder)
    args: Any = prepared.config
    rows = prepared.rows(prepared.chosen)
    lengths = tuple(_lengths(prepared, [rows[place] for place in spread(len(rows))]))
    longest = max(lengths, key=lambda one: one.prompt)
    batch, group = args.per_device_train_batch_size, args.num_generations
    # Replies to one prompt stand side by side, and it is run once for all of them where it is shared.
    prompts = math.ceil(batch / group) if recipe.scoring == "shared" else batch
    sampled = batch * args.steps_per_generation
    skeleton = Skeleton.of(recipe, prepared.lora, checkpointing=args.gradient_checkpointing)
    sequences = batch * args.gradient_accumulation_steps * args.world_size
    generations = args.steps_per_generation * args.num_iterations
    cycle = max(1, math.ceil(generations / args.gradient_accumulation_steps))
    epochs = recipe.curriculum.first_epochs if recipe.curriculum else args.num_train_epochs

    def timed(nowhere: Path) -> Any:
        trainer = {**recipe.trainer, **UNTIMED, "max_steps": 1 + cycle}
        changed = replace(recipe, trainer=trainer, validation="", curriculum=None)
        again = Prepared.of(changed, nowhere)
        return again.trainer(again.chosen, again.config)

    return Rehearsal(
        name=recipe.name,
        method="grpo",
        rows=len(rows),
        lengths=lengths,
        sequences=sequences,
        prompts=max(1, sequences // group),
        steps=steps_of(
            len(rows) // max(1, args.generation_batch_size // group) * generations,
            args.gradient_accumulation_steps,
            epochs,
            args.max_steps,
        ),
        memory=estimate(
            skeleton,
            recipe,
            args,
            Tokens(
                text=prompts * longest.prompt + batch * longest.reply,
                visual=prompts * longest.visual,
                cached=sampled * (longest.prompt + longest.reply),
            ),
            settings=args.model_init_kwargs or {},
            reference=args.beta != 0 and recipe.lora is None,
        ),
        timed=timed,
        cycle=cycle,
        sampled=True,
    )


def _lengths(prepared: Prepared, rows: list[dict[str, Any]]) -> list[Length]:
    recipe: Recipe = prepared.recipe
    processor: Any = AutoProcessor.from_pretrained(recipe.model)  # type: ignore[no-untyped-call] # transformers is typed in part
    prompt_of = prompts_for(prepared.adapter, recipe.questions)

    def length(row: Mapping[str, Any]) -> Length:
        shown = shown_of(prompt_of(row), prepared.family, processor)
        most = prepared.config.max_completion_length or 0
        return Length(len(shown.ids), sum(kind > 0 for kind in shown.kinds), most)

    return [length(row) for row in rows]
