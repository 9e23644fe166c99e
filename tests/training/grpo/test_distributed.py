import json

import pytest

from tests.training.grpo import processes

SETTINGS = {
    "max_steps": 2,
    "max_completion_length": 20,
    "beta_time": 0.01,
    "num_generations": 4,
    "per_device_train_batch_size": 4,
}
COMPARED = {
    "loss",
    "grad_norm",
    "reward",
    "reward_std",
    "rewards/spread/mean",
    "kl",
    "kl_time",
    "kl_other",
    "entropy_time",
    "entropy_other",
    "frac_time_tokens",
}


@pytest.fixture(scope="module")
def alone(tiny_vlm, tmp_path_factory):
    """The folder of a run in one process, on what two processes have together."""
    from tests.training.grpo.replay import train

    folder = tmp_path_factory.mktemp("alone")
    train(tiny_vlm("qwen3_vl"), folder, SETTINGS | {"per_device_train_batch_size": 8})
    return folder


def told(folder):
    return json.loads((folder / "told.json").read_text())


def weights_of(folder):
    from safetensors.torch import load_file

    return load_file(folder / "model.safetensors")


def assert_same(alone, together):
    import torch

    logs = zip(told(alone)["log"], told(together)["log"], strict=True)
    for step, (one, two) in enumerate(logs):
        for name in COMPARED:
            assert two[name] == pytest.approx(one[name], abs=1e-4, rel=1e-4), (step, name)
    first, second = weights_of(alone), weights_of(together)
    # Tied weights are one; FSDP writes them under both names.
    embedding = second["model.language_model.embed_tokens.weight"]
    assert torch.equal(second.pop("lm_head.weight", embedding), embedding)
    assert first.keys() == second.keys()
    for name, weights in first.items():
        # Two steps move a weight by up to 2e-3.
        assert torch.allclose(weights, second[name], atol=1e-4), name


@pytest.mark.slow
def test_two_processes_learn_what_one_does(tiny_vlm, alone, tmp_path):
    processes.train_together(tiny_vlm("qwen3_vl"), tmp_path / "two", SETTINGS)
    assert told(tmp_path / "two")["processes"] == 2
    assert_same(alone, tmp_path / "two")


@pytest.mark.slow
def test_weights_shared_out_learn_what_whole_ones_do(tiny_vlm, alone, tmp_path):
    processes.train_together(tiny_vlm("qwen3_vl"), tmp_path / "two", SETTINGS, sharded=True)
    assert told(tmp_path / "two")["shards"] > 0
    assert_same(alone, tmp_path / "two")


@pytest.mark.slow
@pytest.mark.parametrize("stage", [2, 3])
def test_deepspeed_learns_what_one_process_does(tiny_vlm, alone, tmp_path, stage):
    pytest.importorskip("deepspeed", reason="deepspeed is not installed")
    processes.train_together(tiny_vlm("qwen3_vl"), tmp_path / "two", SETTINGS, zero=stage)
    assert told(tmp_path / "two")["processes"] == 2
    assert_same(alone, tmp_path / "two")
