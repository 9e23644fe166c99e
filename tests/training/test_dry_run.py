import json
import shutil

import pytest
import yaml

from grounder.adapters import load_adapter
from grounder.cli.main import main
from grounder.sample import Sample, write_samples
from grounder.span import Span
from tests.video_factory import colour_video
from training.dry_run import spread, steps_of

SMALL = {
    "per_device_train_batch_size": 2,
    "gradient_accumulation_steps": 2,
    "num_train_epochs": 3,
    "report_to": "none",
    "use_cpu": True,
    "bf16": False,
    "gradient_checkpointing": False,
}
SFT = {
    "method": "sft",
    "source": "a test",
    "adapter": "qwen3-vl",
    "trainer": SMALL,
}
GRPO = {
    **SFT,
    "method": "grpo",
    "rewards": {"iou": 1},
    "trainer": {**SMALL, "num_generations": 2, "max_completion_length": 5, "beta": 0.04},
}


@pytest.fixture
def dry(tiny_vlm, tmp_path, capsys, monkeypatch):
    """From a recipe's keys to what `--dry-run --json` prints, and what it leaves on the disk."""
    import torch

    torch.set_num_threads(1)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(home)
    colour_video(tmp_path / "a.mp4", [("red", 1), ("blue", 1)], size=(64, 64), rate=10)
    rows = [
        Sample(str(number), "a.mp4", 2.0, "red" * number, (Span(0, 1),), "test")
        for number in range(1, 6)
    ]
    write_samples(tmp_path / "rows.jsonl", rows)
    model = tmp_path / "model"
    shutil.copytree(tiny_vlm("qwen3_vl"), model)

    def run(table, *changes):
        path = tmp_path / "mine.yaml"
        named = {"model": str(model), "data": str(tmp_path / "rows.jsonl")}
        path.write_text(yaml.safe_dump({**named, **table}), encoding="utf-8")
        before = snapshot(tmp_path)
        words = ["train", table["method"], str(path), "--dry-run", "--json"]
        with pytest.raises(SystemExit) as stop:
            main([*words, *(word for change in changes for word in ("--set", change))])
        printed = capsys.readouterr()
        assert not stop.value.code, printed.err
        assert snapshot(tmp_path) == before
        return json.loads(printed.out), printed.err

    run.model = model
    return run


def snapshot(folder):
    return {str(path): path.read_bytes() if path.is_file() else b"" for path in folder.rglob("*")}


def test_a_dry_run_of_sft_counts_and_times_and_writes_nothing(dry):
    told, _ = dry(SFT)
    assert (told["method"], told["rows"], told["looked_at"]) == ("sft", 5, 5)
    assert told["tokens"]["reply"] == {"median": 15, "most": 15}  # [[0.00, 1.00]] and its end
    assert told["tokens"]["visual"] == {"median": 8, "most": 8}  # 4 frames in pairs of 2 x 2 units
    assert told["tokens"]["prompt"]["most"] == told["tokens"]["prompt"]["median"] + 6
    step = told["step"]
    assert (step["sequences"], step["prompts"], step["sampled"]) == (4, 4, 0)
    assert step["tokens"] == 4 * (told["tokens"]["prompt"]["median"] + 15)
    assert told["steps"] == 6  # 3 passes make 2 steps, 3 times
    assert told["seconds_per_step"] > 0
    assert told["hours"] == pytest.approx(told["seconds_per_step"] * 6 / 3600)


def test_a_dry_run_of_grpo_counts_prompts_once_per_group(dry):
    told, _ = dry(GRPO, "trainer.gradient_accumulation_steps=1")
    assert told["tokens"]["reply"] == {"median": 5, "most": 5}
    step = told["step"]
    assert (step["sequences"], step["prompts"], step["sampled"]) == (2, 1, 10)
    assert told["steps"] == 15
    assert told["memory_gib"]["reference"] == told["memory_gib"]["weights"]
    assert told["seconds_per_step"] > 0


def test_memory_counts_the_weights_that_are_there(dry):
    from transformers import AutoModelForImageTextToText

    (dry.model / "model.safetensors").rename(dry.model / "weights.kept")
    whole, said = dry(SFT)
    assert whole["seconds_per_step"] is None
    assert "are not on this machine" in said
    (dry.model / "weights.kept").rename(dry.model / "model.safetensors")
    model = AutoModelForImageTextToText.from_pretrained(dry.model)
    weights = 4 * sum(part.numel() for part in model.parameters())
    held = {name: value * 2**30 for name, value in whole["memory_gib"].items()}
    assert held["weights"] == pytest.approx(weights)
    assert held["gradients"] == pytest.approx(weights)
    assert held["optimiser"] == pytest.approx(2 * weights)
    parts = ("weights", "gradients", "optimiser", "activations")
    assert held["total"] == pytest.approx(sum(held[name] for name in parts))


def test_what_is_frozen_or_adapted_needs_less(dry):
    (dry.model / "model.safetensors").unlink()
    plain, lora = dry(SFT)[0], dry({**SFT, "lora": {"r": 4, "target_modules": ["q_proj"]}})[0]
    # 2 layers, from 128 wide to 4 and from 4 to 128, with two moments of 4 bytes.
    assert lora["memory_gib"]["optimiser"] * 2**30 == pytest.approx(2 * 2 * 256 * 4 * 4)
    frozen = dry({**SFT, "frozen": ["visual"]})[0]
    assert frozen["memory_gib"]["gradients"] < plain["memory_gib"]["gradients"]
    assert frozen["memory_gib"]["weights"] == plain["memory_gib"]["weights"]
    less = dry(SFT, "trainer.gradient_checkpointing=true")[0]["memory_gib"]["activations"]
    assert less < plain["memory_gib"]["activations"]


def test_a_step_that_does_not_fit_is_not_taken(dry, monkeypatch):
    monkeypatch.setattr("training.dry_run.free_memory", lambda: 2**10)
    told, said = dry(SFT)
    assert told["seconds_per_step"] is None
    assert "GiB are needed, and 0.0 GiB are free" in said


def test_people_get_a_table(dry, tmp_path, capsys):
    dry(SFT)
    words = ["train", "sft", str(tmp_path / "mine.yaml"), "--dry-run"]
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert not stop.value.code
    printed = capsys.readouterr().out
    for word in ("mine (sft), 5 rows", "visual", "4 sequences", "memory: about", "6 steps of"):
        assert word in printed


@pytest.mark.parametrize(
    ("passes", "accumulated", "epochs", "most", "steps"),
    [
        (10, 1, 1, -1, 10),
        (10, 4, 1, -1, 3),
        (10, 4, 2.5, -1, 8),
        (10, 1, 3, 7, 7),
        (1, 8, 1, -1, 1),
    ],
)
def test_steps_are_those_of_the_trainer(passes, accumulated, epochs, most, steps):
    assert steps_of(passes, accumulated, epochs, most) == steps


def test_rows_are_looked_at_all_over():
    assert spread(3) == [0, 1, 2]
    assert spread(80) == [0, 10, 20, 30, 40, 50, 60, 70]


@pytest.mark.parametrize("table", [SFT, GRPO], ids=["sft", "grpo"])
def test_a_dry_run_shows_a_longer_video_with_as_many_frames_as_there_may_be(dry, tmp_path, table):
    colour_video(tmp_path / "a.mp4", [("red", 300), ("blue", 300)], size=(32, 32), rate=1)
    (dry.model / "model.safetensors").unlink()  # no step is timed
    told, _ = dry({**table, "longer": "spread"})
    adapter = load_adapter("qwen3-vl")
    assert adapter.budget.max_seconds < 600
    assert told["tokens"]["visual"]["most"] == adapter.budget.max_frames // 2
