"""The study: its commands in order, and the tables and the card that are read from what they leave."""

import json
from pathlib import Path
from typing import get_args

import pytest

from training.nano import glance_plan
from training.nano.agent_plan import agent_folder
from training.nano.agent_table import main as agent_table
from training.nano.card import card
from training.nano.commands import TAUGHT, run_name, score_file
from training.nano.curves import drawing
from training.nano.curves import markdown as curve_table
from training.nano.job import steps_to
from training.nano.plan import BEST, ROLES, VARIANTS, jobs
from training.nano.study import STUDIES, PlanName
from training.nano.study import main as study
from training.sft.recipe import read_recipe
from training.sft.rendered import Rendered

FOLDER = Path("runs/study")


def test_every_job_comes_after_what_it_needs_and_writes_a_file_of_its_own():
    planned = jobs(FOLDER, 2)
    names = [job.name for job in planned]
    assert len(set(names)) == len(names) == len({job.result for job in planned})
    for place, job in enumerate(planned):
        assert set(job.needs) <= set(names[:place]), job.name


def test_all_that_is_reinforced_starts_from_the_same_model():
    planned = {job.name: job for job in jobs(FOLDER, 1)}
    for name in ("continued", *VARIANTS):
        job = planned[run_name(name, 0)]
        assert f"model={FOLDER / TAUGHT}" in job.words
        assert TAUGHT in job.needs
    assert f"model={FOLDER / TAUGHT}" in planned[ROLES].words
    assert f"grounder:hf:{FOLDER / TAUGHT}#nano" in planned["score-sft-30"].words
    assert "retrieval:open_clip:local-dir:training/nano/clip" in planned["score-retrieval-30"].words
    assert planned["score-retrieval-30"].needs == ("films-test-30",)
    assert {ROLES, run_name(BEST, 0)} <= set(planned["answers-600"].needs)


def test_the_steps_to_a_model_are_those_it_needs_in_order():
    steps = steps_to("cendist-0.2-seed0", jobs(FOLDER, 1))
    assert [job.name for job in steps] == [
        "start",
        "near",
        "sft",
        "films-train-360",
        "cendist-0.2-seed0",
    ]
    with pytest.raises(KeyError):
        steps_to("cendist-9", jobs(FOLDER, 1))


def test_a_card_tells_the_commands_and_what_was_measured(tmp_path):
    for name, miou in {"sft": 20.0, "cendist-0.2-seed0": 35.5}.items():
        file = score_file(tmp_path, name, 120)
        file.parent.mkdir(parents=True)
        values = {"mIoU": {"percent": miou, "interval": [miou - 4, miou + 4]}}
        file.write_text(json.dumps({"tables": {"strict": {"values": values}}}))
    told = card(
        tmp_path,
        "cendist-0.2-seed0",
        seeds=1,
        place=Path("training/nano/grounder"),
        weights=2_240_000,
        same=23,
        asked=24,
    )
    assert f"train sft nano-sft --set model={tmp_path}/start --output {tmp_path}/near" in told
    assert f"train sft nano-far --set model={tmp_path}/near --output {tmp_path}/sft" in told
    assert "whenwhat train grpo nano-grpo" in told
    assert "--resume" not in told
    assert "| 120 s | cendist-0.2-seed0 | 1 | – | – | – | 35.5 [31.5, 39.5] |" in told
    assert "2.2 million weights" in told
    assert "23 of 24 greedy replies" in told


def test_the_agents_table_holds_what_there_is(tmp_path, capsys):
    rate = {"value": 0.625, "interval": [0.5, 0.75]}
    line = {
        "mode": "grounded",
        "budget": 16,
        "questions": 96,
        "accuracy": rate,
        "acc_gqa": rate,
        "iop": rate,
        "frames": 7.04,
        "visual_tokens": 4.0,
        "seconds": 1.25,
    }
    answers = agent_folder(tmp_path, "answers", 600)
    answers.mkdir(parents=True)
    (answers / "table.json").write_text(json.dumps({"lines": [line]}))
    found = agent_folder(tmp_path, "retrieval", 600)
    found.mkdir(parents=True)
    values = {
        name: {"percent": 31.0, "interval": [25.0, 38.0], "queries": 64}
        for name in ("R1@0.5", "mIoU")
    }
    (found / "scores.json").write_text(json.dumps({"tables": {"strict": {"values": values}}}))
    agent_table(tmp_path)
    shown = capsys.readouterr().out.splitlines()
    rates = " | ".join(["62.5 [50.0, 75.0]"] * 3)
    assert f"| 600 s | 16 | predicted | 96 | {rates} | 7.0 | 4.0 | 1.2 |" in shown
    assert "| 600 s | nano CLIP alone | 64 | 31.0 [25.0, 38.0] | 31.0 [25.0, 38.0] |" in shown
    assert not any("900 s" in line for line in shown)


def test_curves_tell_the_first_and_the_last_steps_of_each_variant(tmp_path):
    for seed, dead in enumerate((0.25, 0.75)):
        write_log(tmp_path, run_name("iou", seed), dead)
    table = curve_table(tmp_path, 3).splitlines()
    assert table[2:] == ["| iou | 2 | 50 → 0 | – | – | 0.125 → 0.925 | – |"]


def test_curves_are_drawn_of_the_penalties_that_have_been_run(tmp_path):
    for name in (BEST, "kl-none", "iou"):
        write_log(tmp_path, run_name(name, 0), 0.0)
    drawn = drawing(tmp_path)
    assert "KL of time tokens" in drawn
    assert "entropy" not in drawn
    assert drawn.count("<path") == 2
    assert ">kl-vocab+span<" in drawn
    assert ">kl-none<" in drawn


def write_log(folder, name, dead):
    """Write what a trainer leaves: twenty entries, and its last word."""
    state = folder / "models" / name / "checkpoint-100" / "trainer_state.json"
    state.parent.mkdir(parents=True)
    logged = [
        {
            "step": step,
            "frac_reward_zero_std": dead if step <= 20 else 0.0,
            "kl_time": step / 100,
        }
        for step in range(5, 101, 5)
    ]
    last = {"train_runtime": 3.0, "step": 100}
    state.write_text(json.dumps({"log_history": [*logged, last]}))


def test_all_of_the_study_of_glances_starts_from_one_model_and_differs_in_method_and_labels_alone():
    folder = Path("runs/study/glances")
    planned = glance_plan.jobs(folder, 2)
    names = [job.name for job in planned]
    assert len(set(names)) == len(names) == len({job.result for job in planned})
    for place, job in enumerate(planned):
        assert set(job.needs) <= set(names[:place]), job.name
    named = {job.name: job for job in planned}
    for variant in glance_plan.COMPARED:
        for seed in (0, 1):
            name = run_name(variant, seed)
            told = [word for word in named[name].words if "=" in word]
            rows = "train" if variant == "continued-exact" else f"glances-{seed}"
            steps = 300 if variant == "continued-300" else 100
            assert told == [
                f"model={folder / TAUGHT}",
                f"data={folder}/films-360/{rows}.jsonl",
                f"trainer.max_steps={steps}",
                f"trainer.seed={seed}",
                f"trainer.data_seed={seed}",
                *glance_plan.VARIANTS.get(variant, ()),
            ]
            assert f"score-{name}-480" in names


def test_a_glance_is_told_in_numbers_that_the_model_was_taught():
    source = read_recipe("nano-far").data
    assert isinstance(source, Rendered)
    world = source[0][2].world
    assert world.level.grid == glance_plan.GRID


def test_each_study_prints_the_commands_of_its_plan_in_a_folder_of_its_own(capsys):
    assert set(get_args(PlanName)) == set(STUDIES)
    study(FOLDER, listed=True)
    assert "glances" not in capsys.readouterr().out
    study(FOLDER, "glances", listed=True)
    told = capsys.readouterr().out
    assert "python -m training.glances runs/study/glances/films-360/train.jsonl" in told
    assert "runs/study/films" not in told


def test_glances_are_trained_on_what_is_there_and_measured_on_other_films_and_on_what_is_not():
    named = {job.name: job for job in glance_plan.jobs(Path("runs/study/glances"), 1)}
    asked = {name: told(job, "--refuse") for name, job in named.items() if "films" in job.name[:5]}
    assert asked.pop("films-train-360") == "0"
    assert set(asked.values()) == {"1"}
    first = {job.name: told(job, "--seed") for job in jobs(FOLDER, 1)}
    for name in asked:
        assert int(told(named[name], "--seed")) - int(first[name]) > 2_000  # far beyond 60 films


def told(job, option):
    return job.words[job.words.index(option) + 1] if option in job.words else ""
