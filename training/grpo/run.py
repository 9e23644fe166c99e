"""From a recipe to trained weights: everything that can be wrong is found before the weights are read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from datasets import Dataset
from peft import LoraConfig
from transformers import AutoConfig, AutoModelForImageTextToText, AutoProcessor
from trl.trainer.grpo_config import GRPOConfig

from grounder.adapters import Adapter, load_adapter
from grounder.errors import DatasetError, ModelError, SpecError
from grounder.sample import Sample, read_samples
from grounder.vlm.families import Family, check_fit, family_of
from grounder.vlm.hf import HfVLM
from training.checkpoints import starting_point
from training.difficulty import FILTERS, score_rollouts
from training.grpo.rows import prompts_for, rows_of
from training.grpo.trainer import VideoGRPOTrainer, check_settings
from training.recipe import Recipe, grpo_config
from training.rewards import load_reward


def train_recipe(recipe: Recipe, output: Path, *, resume: bool = False) -> Path:
    """Train as the recipe says and return the folder of the weights, `output`.

    With a curriculum each round writes to `output/round-N`, too.

    Args:
        recipe: what to do.
        output: folder of weights and checkpoints; made if need be.
        resume: go on from the newest checkpoint in `output`, if there is one.

    Raises:
        SpecError: the recipe asks for what does not fit together, or `output` holds another run.
        DatasetError: rows or their videos cannot be used, or none is left.
        ModelError: the weights cannot be used, or training would be blind.
    """
    if resume and recipe.curriculum:
        raise SpecError(
            f"{recipe.name} has a curriculum, whose rounds cannot be gone on with. Start anew, or leave it out."
        )
    checkpoint = starting_point(output, resume=resume)
    run = Run.prepared(recipe, output)
    run.load()
    if recipe.curriculum is None:
        run.train(run.chosen, run.config, checkpoint)
    else:
        recipe.curriculum.run(
            run.samples,
            chosen=run.chosen,
            train=run.train_round,
            score=run.scored,
            seed=run.config.seed,
        )
    return output


@dataclass(slots=True)
class Run:
    """A checked recipe with its rows, and, once loaded, its model."""

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
    model: Any = None
    processor: Any = None
    rounds: int = 0
    """How many rounds were trained."""

    @classmethod
    def prepared(cls, recipe: Recipe, output: Path) -> "Run":
        """Check a recipe, its rows and their videos; read no weights."""
        config = grpo_config(recipe, output)
        check_settings(config, recipe.beta_time)
        if recipe.curriculum and recipe.lora:
            raise SpecError(
                f"{recipe.name} has both lora and curriculum; each round would measure KL from another "
                "reference. Leave one out."
            )
        adapter = load_adapter(recipe.adapter)
        family = _family(recipe, adapter)
        lora = _lora(recipe)
        samples, folder = _samples(recipe.data, "data")
        chosen = samples
        if recipe.keep is not None:
            chosen = FILTERS[recipe.keep.name](samples, seed=config.seed, **recipe.keep.settings)
        shown = samples if recipe.curriculum else chosen
        rows_of(shown, adapter=adapter, folder=folder)
        validation = None
        if recipe.validation:
            held_out, place = _samples(recipe.validation, "validation")
            validation = Dataset.from_list(rows_of(held_out, adapter=adapter, folder=place))
        return cls(recipe, config, adapter, family, samples, chosen, folder, validation, lora)

    def load(self) -> None:
        """Read the weights and freeze what the recipe freezes.

        Raises:
            ModelError: they cannot be read.
            SpecError: the model has no such part.
        """
        given: Any = self.config.model_init_kwargs or {}
        settings = {"dtype": "float32", **given}
        try:
            self.processor = AutoProcessor.from_pretrained(self.recipe.model)  # type: ignore[no-untyped-call] # transformers is typed in part
            self.model = AutoModelForImageTextToText.from_pretrained(self.recipe.model, **settings)
        except (OSError, ValueError) as error:
            raise ModelError(_unreadable(self.recipe.model, error)) from error
        for part in self.recipe.frozen:
            freeze(self.model, part)

    def train(
        self, samples: Sequence[Sample], config: GRPOConfig, checkpoint: Path | None = None
    ) -> None:
        """Train on rows, perhaps on from a checkpoint, and save weights and processor to `config.output_dir`."""
        rows = rows_of(samples, adapter=self.adapter, folder=self.folder)
        trainer = VideoGRPOTrainer(
            self.model,
            processor=self.processor,
            adapter=self.adapter,
            prompt_of=prompts_for(self.adapter),
            rewards=[
                load_reward(choice.name, self.adapter, choice.settings)
                for choice, _ in self.recipe.rewards
            ],
            args=config,
            train_dataset=Dataset.from_list(rows),
            eval_dataset=self.validation,
            beta_time=self.recipe.beta_time,
            kl_mask=self.recipe.kl_mask,
            peft_config=self.lora,
        )
        trainer.train(None if checkpoint is None else str(checkpoint))
        trainer.save_model(str(config.output_dir))

    def train_round(self, samples: Sequence[Sample], epochs: int) -> None:
        """Train one round, and write its weights to its own folder and, as the latest, to the run's."""
        latest = Path(str(self.config.output_dir))
        self.train(
            samples,
            replace_settings(self.recipe, latest / f"round-{self.rounds}", num_train_epochs=epochs),
        )
        self.rounds += 1
        self.model.save_pretrained(latest)
        self.processor.save_pretrained(latest)

    def scored(self, samples: Sequence[Sample]) -> list[Sample]:
        """Return rows with their difficulty for the model as it is now."""
        rows = rows_of(samples, adapter=self.adapter, folder=self.folder)
        vlm = HfVLM(
            self.model,
            self.processor,
            name=self.recipe.model,
            adapter=self.adapter,
            family=self.family,
        )
        self.model.eval()
        try:
            return score_rollouts(
                samples,
                rows,
                vlm=vlm,
                prompt_of=prompts_for(self.adapter),
                rollouts=self.config.num_generations or 1,
                temperature=self.config.temperature,
                seed=self.config.seed,
            )
        finally:
            self.model.train()


def replace_settings(recipe: Recipe, output: Path, **changes: Any) -> GRPOConfig:
    """Return TRL's settings with some of them changed, derived anew from the recipe."""
    trainer: Mapping[str, Any] = {**recipe.trainer, **changes}
    return grpo_config(replace(recipe, trainer=trainer), output)


def freeze(model: Any, part: str) -> None:
    """Stop training a part of a model, named by some of its path, such as `visual.blocks`.

    Raises:
        SpecError: the model has no such part.
    """
    found = [weights for name, weights in model.named_parameters() if f".{part}." in f".{name}"]
    if not found:
        tops = sorted({name.rsplit(".", 2)[0] for name, _ in model.named_parameters()})
        raise SpecError(
            f"The model has no part {part!r} to freeze. It has: {', '.join(tops[:20])}, …."
        )
    for weights in found:
        weights.requires_grad_(False)


def _samples(name: str, key: str) -> tuple[list[Sample], Path]:
    """Return the grounding rows of a file, and its folder."""
    if not name:
        raise SpecError(f"The recipe names no rows. Give a JSONL file: {key}=PATH.")
    path = Path(name)
    samples = [sample for sample in read_samples(path) if sample.task == "ground"]
    if not samples:
        raise DatasetError(f"{path} holds no rows of the task `ground`.")
    return samples, path.parent


def _family(recipe: Recipe, adapter: Adapter) -> Family:
    try:
        config = AutoConfig.from_pretrained(recipe.model)
    except (OSError, ValueError) as error:
        raise ModelError(_unreadable(recipe.model, error)) from error
    family = family_of(config.model_type, recipe.model)
    check_fit(adapter, family)
    return family


def _lora(recipe: Recipe) -> LoraConfig | None:
    if recipe.lora is None:
        return None
    try:
        return LoraConfig(**recipe.lora)
    except (TypeError, ValueError) as error:
        raise SpecError(f"lora of {recipe.name} cannot be used: {error}") from error


def _unreadable(model: str, error: Exception) -> str:
    return (
        f"Cannot load {model}: {error}\nName a folder with config.json, weights and processor files, "
        "or a model id of a hub that this machine can reach."
    )
