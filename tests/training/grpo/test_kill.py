"""Runs that are killed with SIGKILL and gone on with give what an uninterrupted one gives."""

import json
import signal
import time

import pytest
import yaml

from grounder.sample import Sample, write_samples
from grounder.span import Span
from tests.training.grpo import processes
from tests.video_factory import colour_video

PATIENCE = 240  # seconds until a file must have come, on busy cores
TRAINER = {
    "per_device_train_batch_size": 2,
    "num_generations": 2,
    "max_completion_length": 6,
    "beta": 0.04,
    "learning_rate": 1e-3,
    "weight_decay": 0.1,
    "logging_steps": 1,
    "save_strategy": "steps",
    "save_steps": 1,
    "report_to": "none",
    "use_cpu": True,
    "bf16": False,
    "gradient_checkpointing": False,
    "disable_tqdm": True,
}


@pytest.fixture
def recipe(tiny_vlm, tmp_path):
    """From changes of a recipe to its file: ten rows over one short video."""
    colour_video(tmp_path / "a.mp4", [("red", 1), ("blue", 1)], size=(64, 64), rate=10)
    rows = [
        Sample(str(number), "a.mp4", 2.0, f"colour {number}", (Span(0, 1),), "test")
        for number in range(10)
    ]
    write_samples(tmp_path / "rows.jsonl", rows)

    def written(trainer, **changes):
        table = {
            "method": "grpo",
            "source": "a test",
            "model": str(tiny_vlm("qwen3_vl")),
            "adapter": "qwen3-vl",
            # Random weights find nothing, but some of their replies are shorter than others.
            "rewards": {"length_ratio": 1, "format": 0.5},
            "data": str(tmp_path / "rows.jsonl"),
            "trainer": TRAINER | trainer,
            **changes,
        }
        path = tmp_path / "small.yaml"
        path.write_text(yaml.safe_dump(table), encoding="utf-8")
        return path

    return written


def run(recipe, output, *more):
    process = processes.command("train", "grpo", str(recipe), "--output", str(output), *more)
    processes.ended(process)
    assert process.exitcode == 0


def killed_at(path, recipe, output, *more):
    """Start a run and kill it as soon as `path` is there."""
    process = processes.command("train", "grpo", str(recipe), "--output", str(output), *more)
    deadline = time.monotonic() + PATIENCE
    while not path.exists() and process.is_alive() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert path.exists()


def curve(folder):
    """What was logged of each step, times aside."""
    newest = max(folder.glob("checkpoint-*"), key=lambda path: int(path.name.split("-")[1]))
    history = json.loads((newest / "trainer_state.json").read_text())["log_history"]
    return [
        {name: value for name, value in entry.items() if not name.endswith(("time", "second"))}
        for entry in history
        if "reward" in entry
    ]


def weights(folder):
    return (folder / "model.safetensors").read_bytes()


def test_a_killed_run_goes_on_with_the_same_curve(recipe, tmp_path):
    file = recipe({"max_steps": 5})
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    run(file, whole)
    killed_at(cut / "checkpoint-1" / "trainer_state.json", file, cut)
    assert not (cut / "model.safetensors").exists()
    run(file, cut, "--resume")
    assert len(curve(cut)) == 5
    assert str(curve(cut)) == str(curve(whole))  # a NaN, too, must be where it was
    assert weights(cut) == weights(whole)


@pytest.mark.slow  # six processes; test_curriculum.py kills every step without them
def test_a_curriculum_killed_in_scoring_and_in_training_ends_the_same(recipe, tmp_path):
    curriculum = {"keep": {"name": "between", "at_most": 0.99}, "rounds": 1}
    file = recipe({"max_steps": 2}, curriculum=curriculum)
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    run(file, whole)
    killed_at(cut / "round-1" / "scores-0.jsonl", file, cut)
    assert json.loads((cut / "curriculum.json").read_text())["trained"] == 1
    killed_at(cut / "round-1" / "checkpoint-1" / "trainer_state.json", file, cut, "--resume")
    scores = (cut / "round-1" / "scores-0.jsonl").read_text()
    run(file, cut, "--resume")
    assert (cut / "round-1" / "scores-0.jsonl").read_text() == scores  # nothing was scored twice
    for place in ("round-0", "round-1", "."):
        assert weights(cut / place) == weights(whole / place)
    assert str(curve(cut / "round-1")) == str(curve(whole / "round-1"))
    assert weights(cut / "round-0") != weights(cut / "round-1")
