"""Training runs: they learn, they repeat, and a killed one goes on as if nothing had been."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from grounder.errors import SpecError
from training.clip.run import STATE, Run, Settings, Step, schedule, train

SHORT = Settings(steps=6, seed=3, groups=1, size=6)


@pytest.fixture(autouse=True)
def one_thread():
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def weights(folder: Path) -> dict[str, np.ndarray]:
    return load_file(folder / "open_clip_model.safetensors")


def test_a_killed_run_ends_with_the_weights_of_an_undisturbed_one(tmp_path):
    class Killed(Exception):
        pass

    def kill(step: Step) -> None:
        if step.number == 5:
            raise Killed

    train(SHORT, tmp_path / "whole")
    with pytest.raises(Killed):
        train(SHORT, tmp_path / "killed", keep_every=2, told=kill)
    assert (tmp_path / "killed" / STATE).is_file()
    resumed: list[Step] = []
    train(SHORT, tmp_path / "killed", told=resumed.append)
    assert [step.number for step in resumed] == [5, 6]
    whole, killed = weights(tmp_path / "whole"), weights(tmp_path / "killed")
    assert whole.keys() == killed.keys()
    assert all(np.array_equal(whole[name], killed[name]) for name in whole)
    assert not (tmp_path / "killed" / STATE).exists()


def test_a_folder_of_another_run_is_left_alone(tmp_path):
    run = Run(SHORT)
    run.save_state(tmp_path)
    with pytest.raises(SpecError, match="'seed': 3"):
        train(replace(SHORT, seed=4), tmp_path)


def test_finished_weights_are_never_trained_over(tmp_path):
    train(replace(SHORT, steps=1), tmp_path)
    with pytest.raises(SpecError, match="finished weights"):
        train(replace(SHORT, steps=1), tmp_path)


def test_the_rate_rises_and_then_falls_to_nothing():
    rates = [schedule(step, 100) for step in range(100)]
    assert rates[:5] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert rates[5:] == sorted(rates[5:], reverse=True)
    assert 0 <= rates[-1] < 0.001


@pytest.mark.slow
def test_twenty_steps_from_the_command_lower_the_loss_and_repeat(tmp_path):
    command = [sys.executable, "-m", "training.clip.train", "--steps", "20", "--groups", "2"]
    told = []
    for name in ("one", "two"):
        done = subprocess.run(
            [*command, "--output", str(tmp_path / name)], capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == f"open_clip:local-dir:{tmp_path / name}"
        told.append(done.stderr)
    one, two = (weights(tmp_path / name) for name in ("one", "two"))
    assert all(np.array_equal(one[name], two[name]) for name in one)


def test_twenty_steps_lower_the_loss(tmp_path):
    losses: list[float] = []
    settings = Settings(steps=20, seed=0, groups=2, size=8, rate=3e-3)
    train(settings, tmp_path, told=lambda step: losses.append(step.loss))
    assert sum(losses[-5:]) < sum(losses[:5]) - 0.5
