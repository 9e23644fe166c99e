"""Prepared: a recipe with all that can be checked before its weights are read, and then trained."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from datasets import Dataset
from peft import LoraConfig
from trl.trainer.grpo_config import GRPOConfig

from grounder.adapters import Adapter, load_adapter
from grounder.errors import DatasetError, SpecError
from grounder.sample import Sample, read_distinct
from grounder.vlm.families import Family
from training.difficulty import FILTERS
from training.grpo.rows import prompts_for, rows_of
from training.grpo.settings import check_settings
from training.grpo.trainer import VideoGRPOTrainer
from training.grpo.usable import check_absent, check_enough, unrefused
from training.progress import watched
from training.recipe import Recipe, grpo_config
from training.rewards import load_reward
from training.splits import check_apart
from training.weights import check_frozen, check_machine, lora_of, read_family, read_weights

QUESTIONS = frozenset({"qa", "verify"})


@dataclass(frozen=True, slots=True)
class Prepared:
    """A checked recipe with its rows; no weights."""

    recipe: Recipe
    config: GRPOConfig
    adapter: Adapter
    family: Family
    samples: list[Sample]
    """All rows."""
    chosen: list[Sample]
    """Those of the first round."""
    folder: Path
    """Where the rows' video paths start."""
    validation: Dataset | None
    lora: LoraConfig | None

    @classmethod
    def of(cls, recipe: Recipe, output: Path) -> "Prepared":
        """Check a recipe, its rows, their videos and this machine; read no weights."""
        config = grpo_config(recipe, output)
        check_settings(config, recipe.beta_time)
        adapter = load_adapter(recipe.adapter)
        _check_recipe(recipe, adapter)
        check_machine(recipe, config, in_rounds=recipe.curriculum is not None)
        family = read_family(recipe, adapter)
        check_frozen(recipe)
        lora = lora_of(recipe)
        samples, folder = _samples(recipe, recipe.data, "data")
        chosen = samples
        if recipe.keep is not None:
            chosen = FILTERS[recipe.keep.name](samples, seed=config.seed, **recipe.keep.settings)
        check_enough(len(chosen), config)
        made = cls(recipe, config, adapter, family, samples, chosen, folder, None, lora)
        used = samples if recipe.curriculum else chosen
        check_absent(used, recipe, adapter)
        made.rows(used)
        if not recipe.validation:
            return made
        held_out, place = _samples(recipe, recipe.validation, "validation")
        check_apart(samples, folder, held_out, place)
        return replace(made, validation=Dataset.from_list(made.rows(held_out, place)))

    def rows(self, samples: Sequence[Sample], folder: Path | None = None) -> list[dict[str, Any]]:
        """Return the rows of samples, their windows placed.

        Raises:
            DatasetError: there are none, or one cannot be used.
        """
        return rows_of(
            samples,
            adapter=self.adapter,
            folder=folder or self.folder,
            windows=self.recipe.windows,
            longer=self.recipe.longer,
            seed=self.config.seed,
        )

    def trainer(
        self, samples: Sequence[Sample], config: GRPOConfig, weights: Path | None = None
    ) -> VideoGRPOTrainer:
        """Read the weights and return what trains them on rows; `weights`: where, as in `train`."""
        model, processor = read_weights(self.recipe, config, weights)
        return VideoGRPOTrainer(
            model,
            processor=processor,
            adapter=self.adapter,
            prompt_of=prompts_for(self.adapter, self.recipe.questions),
            rewards=[
                load_reward(choice.name, self.adapter, choice.settings, strict=self.recipe.strict)
                for choice, _ in self.recipe.rewards
            ],
            args=config,
            train_dataset=Dataset.from_list(self.rows(samples)),
            eval_dataset=self.validation,
            beta_time=self.recipe.beta_time,
            kl_mask=self.recipe.kl_mask,
            scoring=self.recipe.scoring,
            peft_config=self.lora,
        )

    def train(
        self,
        samples: Sequence[Sample],
        config: GRPOConfig,
        checkpoint: Path | None = None,
        *,
        weights: Path | None = None,
        copies: Sequence[Path] = (),
    ) -> None:
        """Train on rows and save weights and processor to `config.output_dir`.

        Args:
            samples: the rows.
            config: TRL's settings.
            checkpoint: where to go on.
            weights: where to start from, when not where the recipe does.
            copies: further folders that get the weights.
        """
        trainer = self.trainer(samples, config, weights)
        # transformers asks this of a model whose shards must sample in step; accelerate's FSDP2 does not say it.
        trainer.policy._is_fsdp_managed_module = trainer.is_fsdp_enabled
        with watched(trainer):
            trainer.train(None if checkpoint is None else str(checkpoint))
        if trainer.is_fsdp_enabled:
            # Checkpoints may be in shards; what serves is whole.
            trainer.accelerator.state.fsdp_plugin.set_state_dict_type("FULL_STATE_DICT")
        for place in (config.output_dir, *copies):
            trainer.save_model(str(place))


def _check_recipe(recipe: Recipe, adapter: Adapter) -> None:
    """Refuse what the recipe's parts make of each other."""
    rewards = {choice.name for choice, _ in recipe.rewards}
    if recipe.curriculum and recipe.lora:
        raise SpecError(
            f"{recipe.name} has both lora and curriculum; each round would measure KL from another "
            "reference. Leave one out."
        )
    if recipe.questions and "qa_correct" not in rewards:
        raise SpecError(
            f"{recipe.name} trains on questions, which earn nothing. Give rewards qa_correct, or leave questions out."
        )
    windows = recipe.windows
    if windows is None:
        return
    if recipe.longer == "refuse" and windows.seconds > adapter.budget.max_seconds:
        raise SpecError(
            f"windows.seconds is {windows.seconds:g}, and the adapter {adapter.name!r} shows at most "
            f"{adapter.budget.max_seconds:g} s at its frame rate. Give them fewer seconds, or show fewer frames a second "
            "(longer: spread)."
        )
    why = unrefused(recipe, adapter)
    if windows.absent and why:
        raise SpecError(f"windows.absent is set, but {why}, or leave absent out.")


def _samples(recipe: Recipe, name: str, key: str) -> tuple[list[Sample], Path]:
    """Return the rows of a file that can be trained on, and its folder."""
    if not name:
        raise SpecError(f"The recipe names no rows. Give a JSONL file: --set {key}=PATH.")
    path = Path(name)
    tasks = QUESTIONS | {"ground"} if recipe.questions else {"ground"}
    samples = [sample for sample in read_distinct(path) if sample.task in tasks]
    if not samples:
        raise DatasetError(f"{path} holds no rows of the task {' or '.join(sorted(tasks))}.")
    return samples, path.parent
