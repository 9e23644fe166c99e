"""Trainers of tiny models, and one whose weights have left the reference."""

import pytest

from tests.training.grpo.stage import batch_of, shown_rows, trainer_of


@pytest.fixture(scope="module")
def trainers(tiny_vlm, tmp_path_factory):
    """From a family (and changes) to a trainer of it."""

    def make(architecture, **changes):
        folder = tiny_vlm(architecture)
        return trainer_of(folder, architecture, tmp_path_factory.mktemp("run"), **changes)

    return make


@pytest.fixture(scope="module")
def scored(trainers):
    """A trainer whose weights have left the reference, and a batch with replies of many kinds."""
    import torch

    trainer = trainers("qwen3_vl", beta_time=0.0)
    trainer.current_gradient_accumulation_steps = 1  # TRL sets it when training starts
    say = trainer.processor.tokenizer
    replies = ["[[1.5, 2]] for 3", "no idea 7", "[[12, 13.25], [2, 3]]", "é [0.5, 1"]
    inputs = batch_of(trainer, shown_rows(trainer), [say(one)["input_ids"] for one in replies])
    dice = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weights in trainer.policy.parameters():
            weights.add_(0.02 * torch.randn(weights.shape, generator=dice))
    return trainer, inputs
