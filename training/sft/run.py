"""From a recipe to trained weights: everything that can be wrong is found before the weights are read."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from trl.trainer.sft_config import SFTConfig

from grounder.adapters import Adapter, load_adapter
from grounder.errors import SpecError
from grounder.vlm.families import Family
from training.checkpoints import starting_point
from training.grpo.once import seeing_part
from training.progress import watched
from training.sft.collating import Collator
from training.sft.data import Data
from training.sft.recipe import SftRecipe, sft_config
from training.sft.rendered import Rendered
from training.sft.sources import FileSource, Kept, Source
from training.sft.trainer import VideoSFTTrainer
from training.shared_attention import accept_shared_prompts
from training.splits import check_apart
from training.vision_attention import attend_to_frames_at_once
from training.weights import check_frozen, check_machine, lora_of, read_family, read_weights

if TYPE_CHECKING:
    from peft import LoraConfig


def train_recipe(recipe: SftRecipe, output: Path, *, resume: bool = False) -> Path:
    """Train as the recipe says and return the folder of the weights, `output`.

    Args:
        recipe: what to do.
        output: folder of weights and checkpoints; made if need be.
        resume: go on from the newest checkpoint in `output`, if there is one.

    Raises:
        SpecError: the recipe asks for what does not fit together, or `output` holds another run.
        DatasetError: rows or their videos cannot be used, or none is left.
        MissingDependency: what the recipe asks for is not installed.
        ModelError: the weights cannot be used, or training would be blind.
    """
    checkpoint = starting_point(output, resume=resume)
    run = Run.prepared(recipe, output)
    trainer = run.trainer()
    with watched(trainer):
        trainer.train(None if checkpoint is None else str(checkpoint))
    trainer.save_model(str(output))
    return output


@dataclass(frozen=True, slots=True)
class Run:
    """A checked recipe with its lessons."""

    recipe: SftRecipe
    config: SFTConfig
    adapter: Adapter
    family: Family
    sources: dict[str, Source]
    """By split."""
    lora: "LoraConfig | None"

    @classmethod
    def prepared(cls, recipe: SftRecipe, output: Path) -> "Run":
        """Check a recipe, its rows and their videos; read no weights."""
        config = sft_config(recipe, output)
        check_machine(recipe, config)
        adapter = _timed(load_adapter(recipe.adapter), recipe.data)
        family = read_family(recipe, adapter)
        check_frozen(recipe)
        lora = lora_of(recipe)
        if lora is not None and recipe.rope_theta is not None:
            raise SpecError(
                f"{recipe.name} has both lora and rope_theta; LoRA weights stand on others as they were saved. "
                "Leave one out."
            )
        if not recipe.data:
            raise SpecError(
                "The recipe names no rows. Give a JSONL file, --set data=PATH, or worlds: --set data.world.level=nano."
            )
        kept = None if recipe.keep is None else Kept(recipe.keep, config.seed)
        sources = {"train": source_of(recipe.data, recipe, adapter, kept)}
        if recipe.validation:
            sources["validation"] = source_of(recipe.validation, recipe, adapter)
            _check_apart(sources["train"], sources["validation"])
        return cls(recipe, config, adapter, family, sources, lora)

    def trainer(self) -> VideoSFTTrainer:
        """Read the weights and return what trains them.

        Raises:
            ModelError: they cannot be read.
            SpecError: the model has no part that the recipe freezes.
        """
        model, processor = read_weights(self.recipe, self.config, rope_theta=self.recipe.rope_theta)
        seeing = seeing_part(model)
        attend_to_frames_at_once(seeing)
        if self.recipe.packed:
            accept_shared_prompts(seeing)
        # They were for reading the weights, which is done.
        self.config.model_init_kwargs = None
        return VideoSFTTrainer(
            model,
            collator=Collator(
                self.sources,
                self.adapter,
                self.family,
                processor,
                self.recipe.targets,
                self.recipe.pictures,
                packed=self.recipe.packed,
                stretch=self.recipe.stretch,
                seeing=seeing,
            ),
            args=self.config,
            scored=self.recipe.scored,
            peft_config=self.lora,
        )


def _timed(adapter: Adapter, data: Data) -> Adapter:
    """Return the adapter whose clock shows the offsets of rendered worlds.

    A world that begins at 100 s then looks like the last part of a long window; one that begins at 0 looks the same
    on either clock.
    """
    if isinstance(data, Rendered) and data.offset:
        return replace(adapter, clock="video")
    return adapter


def source_of(data: Data, recipe: SftRecipe, adapter: Adapter, kept: Kept | None = None) -> Source:
    """Return the lessons of a file, or those of its rows that are kept, or of rendered worlds; checked.

    Raises:
        SpecError: worlds of the kind cannot be made, or not be shown to the model.
        DatasetError: a row cannot be taught.
        VideoError: a video cannot be read.
    """
    if isinstance(data, Rendered):
        data.check(adapter, recipe.targets, recipe.longer)
        return data
    return FileSource.read(
        Path(data),
        subjects=recipe.tasks,
        adapter=adapter,
        targets=recipe.targets,
        longer=recipe.longer,
        kept=kept,
    )


def _check_apart(train: Source, validation: Source) -> None:
    if isinstance(train, FileSource) and isinstance(validation, FileSource):
        learnt, held_out = (
            [sample for sample, _, _ in source.items] for source in (train, validation)
        )
        check_apart(learnt, train.folder, held_out, validation.folder)
    splits = [source.split for source in (train, validation) if isinstance(source, Rendered)]
    if len(splits) > len(set(splits)):
        raise SpecError(
            f"data and validation are worlds of one split, {splits[0]!r}: validation would measure memory. "
            "Set validation.world.split=validation."
        )
