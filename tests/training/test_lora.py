"""LoRA and QLoRA, from the recipe to weights that serve."""

import dataclasses
import json
import shutil

import pytest

from grounder.errors import MissingDependency, ModelError, SpecError
from grounder.sample import Sample, write_samples
from grounder.span import Span
from tests.video_factory import colour_video

TRAINER = {
    "max_steps": 2,
    "per_device_train_batch_size": 2,
    "learning_rate": 1e-2,
    "logging_steps": 1,
    "report_to": "none",
    "use_cpu": True,
    "disable_tqdm": True,
}
LORA = {"r": 4, "target_modules": ["q_proj", "v_proj"]}


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    colour_video(folder / "a.mp4", [("red", 1), ("blue", 1)], size=(64, 64), rate=10)
    asked = [("red", Span(0, 1)), ("blue", Span(1, 2))]
    write_samples(
        folder / "rows.jsonl",
        [Sample(query, "a.mp4", 2.0, query, (span,), "test") for query, span in asked],
    )
    return folder / "rows.jsonl"


@pytest.fixture(scope="module")
def recipe(tiny_vlm, rows):
    from training.sft.recipe import SftRecipe

    return SftRecipe(
        name="small",
        source="a test",
        model=str(tiny_vlm("qwen3_vl")),
        adapter="qwen3-vl",
        data=str(rows),
        lora=LORA,
        trainer={**TRAINER, "save_strategy": "no", "bf16": False, "gradient_checkpointing": False},
    )


@pytest.fixture(scope="module")
def run(recipe, tmp_path_factory):
    from training.sft.run import train_recipe

    return train_recipe(recipe, tmp_path_factory.mktemp("lora") / "run")


def log_probs(model):
    """Of the next token, after words: what the weights make of them."""
    import torch

    ids = torch.arange(10, 30)[None]
    with torch.inference_mode():
        return model(input_ids=ids).logits.float().log_softmax(-1)


def whole_model(folder):
    from transformers import AutoModelForImageTextToText

    return AutoModelForImageTextToText.from_pretrained(folder).eval()


def test_joined_weights_say_what_was_trained_and_serve(recipe, run, rows, tmp_path):
    import torch
    from peft import PeftModel

    from grounder.ground.vlm import VlmGrounder
    from grounder.video import Video
    from grounder.vlm import load_vlm
    from training.merge import merge_lora

    assert merge_lora(run, tmp_path / "whole") == recipe.model
    trained = PeftModel.from_pretrained(whole_model(recipe.model), run).eval()
    wanted = log_probs(trained)
    assert torch.allclose(log_probs(whole_model(tmp_path / "whole")), wanted, atol=1e-4)
    assert not torch.allclose(log_probs(whole_model(recipe.model)), wanted, atol=1e-2)
    grounder = VlmGrounder(load_vlm(f"hf:{tmp_path / 'whole'}"))
    with Video.open(rows.parent / "a.mp4") as video:
        assert grounder.ground(video, video.span, "red").reply is not None


def test_lora_weights_alone_are_refused_with_the_command_that_joins_them(run, recipe, tmp_path):
    from grounder.vlm import load_vlm
    from training.sft.run import train_recipe

    joins = rf"holds LoRA weights.*`whenwhat train merge {run} FOLDER`"
    with pytest.raises(ModelError, match=joins):
        load_vlm(f"hf:{run}")
    with pytest.raises(ModelError, match=joins):
        train_recipe(dataclasses.replace(recipe, model=str(run)), tmp_path / "next")


def test_what_cannot_be_joined_is_told_and_nothing_is_written(run, tmp_path):
    from training.merge import merge_lora

    with pytest.raises(SpecError, match=r"holds no LoRA weights .*weights that were trained whole"):
        merge_lora(tmp_path, tmp_path / "whole")
    with pytest.raises(SpecError, match=r"exists\. Name a new folder"):
        merge_lora(run, tmp_path)
    moved = tmp_path / "moved"
    shutil.copytree(run, moved)
    settings = json.loads((run / "adapter_config.json").read_text())
    for base, said in [
        ("./gone", r"stands on \./gone, .*no folder \./gone"),
        ("training/nano/grounder", "do not fit"),
    ]:
        changed = settings | {"base_model_name_or_path": base}
        (moved / "adapter_config.json").write_text(json.dumps(changed))
        with pytest.raises(ModelError, match=said):
            merge_lora(moved, tmp_path / "whole")
    assert [path.name for path in tmp_path.iterdir()] == ["moved"]


def test_four_bits_without_what_holds_them_are_refused(recipe, tmp_path, monkeypatch):
    from training.sft.run import train_recipe

    monkeypatch.setattr("training.weights.find_spec", lambda name: None)
    with pytest.raises(MissingDependency, match=r"bitsandbytes.*whenwhat\[qlora\]"):
        train_recipe(dataclasses.replace(recipe, quantize="nf4"), tmp_path / "run")


QLORA = {"save_strategy": "no", "bf16": True, "gradient_checkpointing": True}


def check_adapted(folder, trainer):
    """See that the weights were held in 4 bits and what was laid on them has moved."""
    from bitsandbytes.nn import Linear4bit
    from safetensors.torch import load_file

    layers = dict(trainer.model.named_modules())
    held = [name for name, layer in layers.items() if isinstance(layer, Linear4bit)]
    assert any("q_proj" in name for name in held)
    assert not any("lora" in name for name in held)
    trainer.train()
    trainer.save_model(str(folder))
    # They begin as zeros.
    laid = [
        part
        for name, part in load_file(folder / "adapter_model.safetensors").items()
        if "lora_B" in name
    ]
    assert laid
    assert any(part.abs().max() > 0 for part in laid)


def test_weights_held_in_four_bits_are_adapted_by_sft(recipe, tmp_path):
    pytest.importorskip("bitsandbytes", reason="the extra qlora is not installed")
    from training.merge import merge_lora
    from training.sft.run import Run

    recipe = dataclasses.replace(recipe, quantize="nf4", trainer={**TRAINER, **QLORA})
    check_adapted(tmp_path / "run", Run.prepared(recipe, tmp_path / "run").trainer())
    merge_lora(tmp_path / "run", tmp_path / "whole")
    assert whole_model(tmp_path / "whole")


def test_weights_held_in_four_bits_are_adapted_by_grpo(rows, tmp_path):
    pytest.importorskip("bitsandbytes", reason="the extra qlora is not installed")
    from training.choice import Choice
    from training.grpo.prepared import Prepared
    from training.recipe import Recipe

    sampling = {"per_device_train_batch_size": 8, "num_generations": 8, "beta": 0.04}
    recipe = Recipe(
        name="small",
        source="a test",
        model="training/nano/grounder",  # it finds something, so that replies differ in their rewards
        adapter="nano",
        rewards=((Choice("iou"), 1.0), (Choice("cendist"), 0.5)),
        data=str(rows),
        lora=LORA,
        quantize="nf4",
        trainer={**TRAINER, **QLORA, **sampling, "max_completion_length": 16},
    )
    prepared = Prepared.of(recipe, tmp_path / "run")
    check_adapted(tmp_path / "run", prepared.trainer(prepared.chosen, prepared.config))
