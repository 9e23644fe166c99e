import json
import re
import shlex

import pytest
import yaml

from grounder.cli.main import main
from grounder.sample import Sample, write_samples
from grounder.span import Span
from tests.video_factory import colour_video


def run(words):
    with pytest.raises(SystemExit) as stop:
        main(["train", *words])
    return stop.value.code


@pytest.fixture
def recipe(tiny_vlm, tmp_path):
    colour_video(tmp_path / "a.mp4", [("red", 1), ("blue", 1)], size=(64, 64), rate=10)
    row = Sample("1", "a.mp4", 2.0, "a red screen", (Span(0, 1),), "test")
    write_samples(tmp_path / "rows.jsonl", [row])
    settings = {
        "per_device_train_batch_size": 2,
        "num_generations": 2,
        "max_completion_length": 4,
        "max_steps": 1,
        "save_strategy": "no",
        "report_to": "none",
        "use_cpu": True,
        "bf16": False,
        "gradient_checkpointing": False,
    }
    table = {
        "method": "grpo",
        "source": "a test",
        "model": str(tiny_vlm("qwen3_vl")),
        "adapter": "qwen3-vl",
        "rewards": {"iou": 1, "cendist": 0.2},
        "data": str(tmp_path / "rows.jsonl"),
        "trainer": settings,
    }
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(table), encoding="utf-8")
    return path


def test_train_grpo_leaves_weights(recipe, tmp_path, capsys):
    import torch

    torch.set_num_threads(1)
    folder = tmp_path / "out"
    words = ["grpo", str(recipe), "--set", "trainer.beta=0.04", "--output", str(folder), "--json"]
    assert not run(words)
    told = json.loads(capsys.readouterr().out)
    assert told == {"status": "answered", "recipe": "mine", "weights": str(folder)}
    assert (folder / "model.safetensors").is_file()


@pytest.fixture
def taught(recipe):
    """The same recipe for SFT."""
    table = yaml.safe_load(recipe.read_text(encoding="utf-8"))
    del table["rewards"], table["trainer"]["num_generations"]
    del table["trainer"]["max_completion_length"]
    recipe.write_text(yaml.safe_dump({**table, "method": "sft"}), encoding="utf-8")
    return recipe


def test_train_sft_leaves_weights_and_says_where(taught, tmp_path, capsys):
    folder = tmp_path / "out"
    assert not run(["sft", str(taught), "--output", str(folder)])
    told = capsys.readouterr()
    assert told.out == ""
    assert f"use them as hf:{folder}#qwen3-vl" in told.err
    assert (folder / "model.safetensors").is_file()


def test_what_is_said_to_do_with_lora_weights_can_be_done(taught, tmp_path, capsys):
    folder = tmp_path / "out"
    lora = ["--set", "lora.r=4", "--set", "lora.target_modules=[q_proj]"]
    assert not run(["sft", str(taught), "--output", str(folder), *lora])
    said = capsys.readouterr().err
    command = re.search(r"`whenwhat train (merge .*?)`", said)
    assert command
    assert not run(shlex.split(command[1]))
    assert (tmp_path / "out-whole" / "model.safetensors").is_file()


def test_a_curriculum_stopped_between_checkpoints_is_told_to_resume(
    recipe, tmp_path, monkeypatch, capsys
):
    folder = tmp_path / "out"

    def stopped(recipe, folder, *, resume):
        folder.mkdir()
        (folder / "curriculum.json").write_text("{}", encoding="utf-8")
        raise KeyboardInterrupt

    monkeypatch.setattr("training.train._train", stopped)
    assert run(["grpo", str(recipe), "--output", str(folder)]) == 130
    assert "Repeat the command with --resume:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--set", "trainer.learning_rat=1e-6"], 2, "Did you mean 'learning_rate'?"),
        (["--set", "data=nowhere.jsonl"], 1, "Cannot read nowhere.jsonl"),
        (["--set", "model=/nowhere"], 1, "/nowhere"),
    ],
)
def test_what_is_wrong_is_one_message(recipe, capsys, words, code, said):
    assert run(["grpo", str(recipe), *words]) == code
    assert said in capsys.readouterr().err


def test_a_recipe_for_another_method_is_a_usage_error(recipe, capsys):
    assert run(["sft", str(recipe)]) == 2
    assert "is a recipe for grpo, not for sft" in capsys.readouterr().err


def test_an_unknown_method_is_a_usage_error(recipe, capsys):
    assert run(["ppo", str(recipe)]) == 2
    assert "No such command 'ppo'" in capsys.readouterr().err
