import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
import yaml

from grounder.errors import DatasetError, ModelError, SpecError
from grounder.sample import write_samples
from tests.training.sft.conftest import ROWS, SCENES
from tests.video_factory import colour_video
from training.sft.recipe import SftRecipe, read_recipe
from training.sft.rendered import Rendered

TRAINER = {
    "per_device_train_batch_size": 2,
    "max_steps": 2,
    "learning_rate": 1e-3,
    "logging_steps": 1,
    "report_to": "none",
    "save_strategy": "no",
    "use_cpu": True,
    "bf16": False,
    "gradient_checkpointing": False,
}


@pytest.fixture
def recipe(tiny_vlm, data):
    return SftRecipe(
        name="small",
        source="a test",
        model=str(tiny_vlm("qwen3_vl")),
        adapter="qwen3-vl",
        data=str(data),
        trainer=TRAINER,
    )


def changed(recipe, **changes):
    trainer = {**recipe.trainer, **changes.pop("trainer", {})}
    return dataclasses.replace(recipe, trainer=trainer, **changes)


def train(recipe, output, **choices):
    import torch

    from training.sft.run import train_recipe

    torch.set_num_threads(1)
    return train_recipe(recipe, output, **choices)


def trainer_of(recipe, output):
    import torch

    from training.sft.run import Run

    torch.set_num_threads(1)
    return Run.prepared(recipe, output).trainer()


def test_a_recipe_becomes_weights_that_serve_and_its_validation_is_grounded(
    recipe, tmp_path, capsys
):
    from grounder.ground.vlm import VlmGrounder
    from grounder.video import Video
    from grounder.vlm import load_vlm

    colour_video(tmp_path / "a.mp4", [*SCENES[::-1]], size=(64, 64), rate=10)
    write_samples(tmp_path / "held.jsonl", ROWS[:3])
    recipe = changed(
        recipe,
        validation=str(tmp_path / "held.jsonl"),
        trainer={"eval_strategy": "steps", "eval_steps": 2},
    )
    folder = train(recipe, tmp_path / "run")
    told = capsys.readouterr().err
    assert "step 2 of 2: eval_loss" in told
    assert "eval_miou" in told
    grounder = VlmGrounder(load_vlm(f"hf:{folder}"))
    with Video.open(tmp_path / "a.mp4") as video:
        assert grounder.ground(video, video.span, "red").reply is not None


def test_a_model_that_learnt_a_row_grounds_it(recipe, tmp_path, data):
    """The whole way at once: prompt, mask, loss and generation fit, or this is never learnt."""
    write_samples(
        tmp_path / "one.jsonl", [dataclasses.replace(ROWS[0], video=str(data.parent / "a.mp4"))]
    )
    steps = {
        "max_steps": 60,
        "learning_rate": 1e-2,
        "per_device_train_batch_size": 1,
        "logging_steps": 60,
    }
    trainer = trainer_of(
        changed(recipe, data=str(tmp_path / "one.jsonl"), trainer=steps), tmp_path / "run"
    )
    # The very row that is learnt is asked for: a recipe would refuse that.
    trainer._collator.sources["validation"] = trainer._collator.sources["train"]
    trainer._scored = [0]
    before = trainer.ground().mean_iou
    trainer.train()
    assert (before, trainer.ground().mean_iou) == (0.0, 1.0)


def test_the_base_of_the_rotary_positions_is_that_of_the_recipe(recipe, tmp_path):
    before, after = (
        trainer_of(changed(recipe, rope_theta=theta), tmp_path / str(theta)).model
        for theta in (None, 5e6)
    )
    slowest = [float(one.model.language_model.rotary_emb.inv_freq.min()) for one in (before, after)]
    assert slowest[1] < slowest[0] / 100
    assert after.config.get_text_config().rope_parameters["rope_theta"] == 5e6


@pytest.mark.slow
def test_worlds_are_trained_on_with_lora_and_frozen_parts(recipe, tmp_path):
    import torch

    worlds = Rendered(seconds=(6, 8), scenes=(2, 4), rows=8)
    lora = {"r": 4, "target_modules": ["q_proj"]}
    recipe = changed(recipe, data=worlds, lora=lora, trainer={"gradient_checkpointing": True})
    assert (train(recipe, tmp_path / "lora") / "adapter_config.json").is_file()
    recipe = changed(recipe, lora=None, frozen=("visual",))
    trainer = trainer_of(recipe, tmp_path / "frozen")
    held = {name: p.clone() for name, p in trainer.model.named_parameters() if "visual" in name}
    trainer.train()
    assert all(torch.equal(p, held[n]) for n, p in trainer.model.named_parameters() if n in held)


def losses(folder):
    [newest] = sorted(folder.glob("checkpoint-4"))
    history = json.loads((newest / "trainer_state.json").read_text())["log_history"]
    return [(entry["step"], entry["loss"]) for entry in history if "loss" in entry]


@pytest.mark.slow
def test_a_killed_run_goes_on_with_the_same_loss_curve(recipe, tmp_path):
    settings = {**TRAINER, "max_steps": 4, "save_strategy": "steps", "save_steps": 2}
    table = {
        "method": "sft",
        "source": "a test",
        "model": recipe.model,
        "adapter": "qwen3-vl",
        "data": {"world": {"seconds": [6, 8], "scenes": [2, 4], "rows": 8}},
        "trainer": {**settings, "logging_steps": 1},
    }
    path = tmp_path / "killed.yaml"
    path.write_text(yaml.safe_dump(table), encoding="utf-8")
    cut, whole = tmp_path / "cut", tmp_path / "whole"
    words = [sys.executable, "-m", "tests.training.sft.train_process", str(path), str(cut)]
    process = subprocess.Popen(words, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    while process.poll() is None and not (cut / "checkpoint-2" / "trainer_state.json").is_file():
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    # Whatever it wrote after its first checkpoint is taken away: the kill struck right there.
    for later in ("checkpoint-4", "model.safetensors"):
        shutil.rmtree(cut / later, ignore_errors=True)
    with pytest.raises(SpecError, match="holds checkpoint-2 of an earlier run"):
        train(read_recipe(str(path)), cut)
    train(read_recipe(str(path)), cut, resume=True)
    train(read_recipe(str(path)), whole)
    assert losses(cut) == losses(whole)
    assert [step for step, _ in losses(cut)] == [1, 2, 3, 4]
    weights = [(folder / "model.safetensors").read_bytes() for folder in (cut, whole)]
    assert weights[0] == weights[1]


@pytest.fixture
def weightless(recipe, tmp_path):
    """A recipe whose model has a configuration and nothing else: reading its weights would be another error."""
    folder = tmp_path / "weightless"
    folder.mkdir()
    shutil.copy(f"{recipe.model}/config.json", folder)
    return dataclasses.replace(recipe, model=str(folder))


WORLDS = Rendered(seconds=(6, 8), scenes=(2, 4), rows=8)


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"data": ""}, SpecError, "names no rows"),
        ({"data": "nowhere.jsonl"}, DatasetError, r"Cannot read nowhere\.jsonl"),
        ({"validation": "nowhere.jsonl"}, DatasetError, r"Cannot read nowhere\.jsonl"),
        ({"targets": "thought"}, DatasetError, "Row 0 cannot be taught: its meta has no `thought`"),
        ({"data": WORLDS, "validation": WORLDS}, SpecError, "worlds of one split"),
        ({"frozen": ("vision",)}, SpecError, r"no part 'vision' to freeze\. It has: .*visual"),
        ({"lora": {"rank": 4}}, SpecError, "lora of small cannot be used.*rank"),
        ({"quantize": "nf4"}, SpecError, "cannot be trained"),
        ({"rope_theta": 1e6, "lora": {"r": 4}}, SpecError, "both lora and rope_theta"),
        ({"adapter": "time-r1"}, SpecError, "told the time by"),
        ({"model": "/nowhere"}, ModelError, "Cannot load /nowhere"),
        ({"trainer": {"optim": "adamm"}}, SpecError, "cannot be used"),
    ],
)
def test_what_cannot_work_is_found_before_weights_are_read(
    weightless, tmp_path, changes, error, said
):
    with pytest.raises(error, match=said):
        train(changed(weightless, **changes), tmp_path / "run")


def test_rows_of_one_video_cannot_be_on_both_sides(weightless, data, tmp_path):
    with pytest.raises(DatasetError, match=r"trained on, too: .*a\.mp4"):
        train(dataclasses.replace(weightless, validation=str(data)), tmp_path / "run")


def test_a_model_that_sees_nothing_is_not_trained(recipe, tmp_path, monkeypatch):
    trainer = trainer_of(recipe, tmp_path / "run")
    blind = trainer._collator.__class__.batch

    def without_sight(self, tasks):
        batch = blind(self, tasks)
        batch["pixel_values_videos"] = 0 * batch["pixel_values_videos"]
        return batch

    monkeypatch.setattr(trainer._collator.__class__, "batch", without_sight)
    with pytest.raises(ModelError, match="Training would be blind"):
        trainer.train()
