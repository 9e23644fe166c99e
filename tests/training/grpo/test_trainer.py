"""The trainer: what is shown, scored, kept and refused."""

import numpy as np
import pytest

from grounder.adapters import load_adapter
from grounder.errors import SpecError
from tests.training.grpo.stage import ADAPTERS, FAMILIES, Prompts, batch_of, row, shown_rows


@pytest.mark.parametrize("architecture", FAMILIES)
def test_scoring_equals_an_independent_pass_without_padding(trainers, architecture):
    import torch

    trainer = trainers(architecture)
    rows = [row(number) for number in (0, 2, 1)]
    replies = [[45, 46, 47], [48, 49, 50], [51, 52, 53]]
    trainer.model.eval()
    with torch.no_grad():
        together = trainer.score([trainer.show(one) for one in rows], replies)
        for one, reply, logps in zip(rows, replies, together, strict=True):
            shown = trainer.show(one)
            ids = torch.tensor([[*shown.ids, *reply]])
            kinds = torch.tensor([[*shown.kinds, *[0] * len(reply)]])
            alone = trainer.policy(input_ids=ids, mm_token_type_ids=kinds, **shown.media).logits
            expected = alone[0, :-1].log_softmax(-1).gather(1, ids[0, 1:, None])[-len(reply) :, 0]
            assert torch.allclose(logps, expected, atol=1e-5)


@pytest.mark.parametrize("architecture", FAMILIES)
def test_rows_scored_a_few_at_a_time_keep_their_own_videos(trainers, architecture):
    import torch

    trainer = trainers(architecture)
    trainer.model.eval()
    inputs = batch_of(trainer, shown_rows(trainer), [[45, 46]] * 4)
    ids = torch.cat([inputs["prompt_ids"], inputs["completion_ids"]], 1)
    mask = torch.cat([inputs["prompt_mask"], inputs["completion_mask"]], 1)
    with torch.no_grad(), trainer._showing(inputs["shown"]):
        whole, split = (
            trainer._get_per_token_logps_and_entropies(trainer.policy, ids, mask, 2, size)[0]
            for size in (None, 3)
        )
    assert torch.allclose(whole, split, atol=1e-5)


@pytest.mark.parametrize("architecture", FAMILIES)
def test_same_prompt_everywhere(trainers, tiny_vlm, architecture):
    from grounder.vlm import load_vlm

    trainer = trainers(architecture)
    served = load_vlm(f"hf:{tiny_vlm(architecture)}")
    prompt = Prompts(ADAPTERS[architecture])(row(1))
    assert list(trainer.show(row(1)).ids) == served.prompt_ids(prompt)


def test_true_times_are_in_the_prompt_of_qwen3(trainers):
    trainer = trainers("qwen3_vl")
    words = trainer.processor.tokenizer.decode(trainer.show(row(1)).ids)
    # Frames at 10.0, 10.5, … on the window's clock; pairs are told their mean.
    assert "<0.2 seconds>" in words
    assert "<2.2 seconds>" in words


def test_the_true_spacing_reaches_the_scoring_of_qwen2_5(trainers):
    import torch

    trainer = trainers("qwen2_5_vl")
    trainer.model.eval()
    shown = trainer.show(row(1))
    assert shown.media["second_per_grid_ts"].tolist() == [1.0]  # two frames, half a second each
    slower = trainer.show(row(1))
    slower.media["second_per_grid_ts"] = torch.tensor([4.0])
    with torch.no_grad():
        told, other = trainer.score([shown], [[45, 46]]), trainer.score([slower], [[45, 46]])
    assert (told - other).abs().max() > 1e-4


def test_replies_never_hold_visual_tokens(trainers):
    trainer = trainers("qwen3_vl")
    config = trainer.policy.config
    assert {config.image_token_id, config.video_token_id} <= set(
        trainer.generation_config.suppress_tokens
    )
    assert trainer.generation_kwargs["suppress_tokens"] == trainer.generation_config.suppress_tokens


def test_training_moves_the_vision_tower_and_logs(trainers):
    trainer = trainers(
        "qwen3_vl",
        max_steps=2,
        beta_time=0.0,
        kl_mask="vocab",
        eval_strategy="steps",
        eval_steps=2,
        per_device_eval_batch_size=2,
    )
    before = [weights.detach().clone() for weights in trainer.policy.model.visual.parameters()]
    trainer.train()
    after = list(trainer.policy.model.visual.parameters())
    assert any(not old.equal(new) for old, new in zip(before, after, strict=True))
    logged = {name for entry in trainer.state.log_history for name in entry}
    for name in ("kl_time", "kl_other", "entropy_time", "entropy_other", "frac_time_tokens"):
        assert name in logged
        assert f"eval_{name}" in logged


def test_a_run_goes_on_from_its_checkpoint_as_if_never_stopped(trainers):
    # Two steps per generation: the checkpoint falls between them and the next one.
    settings = {
        "max_steps": 4,
        "save_strategy": "steps",
        "save_steps": 2,
        "gradient_accumulation_steps": 1,
        "num_iterations": 2,
    }
    whole, again = trainers("qwen3_vl", **settings), trainers("qwen3_vl", **settings)
    whole.train()
    again.train(f"{whole.args.output_dir}/checkpoint-2")
    left, right = (
        [
            (entry["step"], entry["loss"], entry["entropy"], entry["kl"])
            for entry in one.state.log_history
            if "kl" in entry
        ]
        for one in (whole, again)
    )
    assert len(left) == 4
    assert left == right
    for one, other in zip(whole.policy.parameters(), again.policy.parameters(), strict=True):
        assert one.equal(other)


@pytest.mark.parametrize("architecture", FAMILIES)
def test_lora_trains_with_gradient_checkpointing(trainers, architecture):
    from peft import LoraConfig

    lora = LoraConfig(r=4, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM")
    trainer = trainers(architecture, peft_config=lora, gradient_checkpointing=True, beta_time=0.0)
    trainer.train()
    assert np.isfinite(trainer.state.log_history[0]["grad_norm"])


def test_settings_that_cannot_work_are_refused(trainers):
    with pytest.raises(SpecError, match=r"beta_time is 0\.1 and beta is 0"):
        trainers("qwen3_vl", beta=0.0, beta_time=0.1)
    with pytest.raises(SpecError, match="told the time by"):
        trainers("qwen2_5_vl", adapter=load_adapter("qwen3-vl"))
