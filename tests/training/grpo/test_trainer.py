import dataclasses
import inspect
from typing import ClassVar

import numpy as np
import pytest

from grounder.adapters import load_adapter
from grounder.errors import ModelError, SpecError
from tests.training.grpo.stage import ADAPTERS, FAMILIES, Prompts, batch_of, row, trainer_of

LOSSES = ["grpo", "dapo", "bnpo", "dr_grpo", "cispo", "sapo", "luspo", "vespo"]


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


def shown_rows(trainer):
    return [trainer.show(row(number)) for number in range(4)]


def stock_loss(trainer, inputs):
    """Return TRL's own loss, its one beta on every token, on what our scoring gives."""
    from trl.trainer.grpo_trainer import GRPOTrainer

    with trainer._showing(inputs["shown"]):
        return GRPOTrainer._compute_loss(trainer, trainer.model, inputs).item()


def our_loss(trainer, inputs, beta_time):
    trainer._beta_time = beta_time
    return trainer._compute_loss(trainer.model, inputs).item()


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


@pytest.mark.parametrize("architecture", FAMILIES)
def test_the_video_reaches_rollouts_and_every_scoring_pass(trainers, architecture):
    trainer = trainers(architecture, num_iterations=2, max_steps=2)
    seen = []
    for name, model in (("policy", trainer.policy), ("reference", trainer.ref_model)):
        model.model.visual.register_forward_hook(
            lambda module, given, out, name=name: seen.append((name, caller()))
        )
    trainer.train()
    # The self-test scores before anything is sampled.
    later = seen[[step for _, step in seen].index("rollout") :]
    assert set(later) == {
        ("policy", "rollout"),
        ("policy", "scoring"),
        ("policy", "loss"),
        ("reference", "scoring"),
    }


def caller():
    names = {frame.function for frame in inspect.stack()}
    if "_generate_single_turn" in names:
        return "rollout"
    return "loss" if "_compute_loss" in names else "scoring"


def test_rollouts_and_scoring_get_the_same_token_ids(trainers):
    class Recording(type(trainers("qwen3_vl"))):
        sampled_from: ClassVar[list] = []

        def _generate_single_turn(self, prompt_ids, *others):
            self.sampled_from.extend(prompt_ids)
            return super()._generate_single_turn(prompt_ids, *others)

    trainer = trainers("qwen3_vl", kind=Recording)
    trainer.current_gradient_accumulation_steps = 1
    output = trainer._generate_and_score_completions([row(1), row(1), row(2), row(2)])
    scored = [
        ids[mask.bool()].tolist()
        for ids, mask in zip(output["prompt_ids"], output["prompt_mask"], strict=True)
    ]
    assert scored == Recording.sampled_from
    assert scored == [list(shown.ids) for shown in output["shown"]]


def test_videos_that_got_mixed_up_are_not_scored(scored):
    import torch

    trainer, inputs = scored
    ids = torch.cat([inputs["prompt_ids"], inputs["completion_ids"]], 1)
    mask = torch.cat([inputs["prompt_mask"], inputs["completion_mask"]], 1)
    swapped = [inputs["shown"][place] for place in (1, 0, 2, 3)]
    with trainer._showing(swapped), pytest.raises(RuntimeError, match="mixed up"):
        trainer._get_per_token_logps_and_entropies(trainer.policy, ids, mask, 4)


def test_a_row_is_decoded_once_per_generation_batch_not_per_copy(trainers):
    trainer = trainers("qwen3_vl", max_steps=2)
    trainer.train()
    first, *asked = trainer._prompt_of.asked
    assert first == "0"  # the self-test
    assert len(asked) == 4  # two steps of two rows, each with two replies
    assert len(set(asked)) == 4


@pytest.mark.parametrize("architecture", FAMILIES)
def test_copies_share_what_the_vision_tower_saw_and_nothing_changes(trainers, architecture):
    import torch

    trainer = trainers(architecture)
    trainer.model.eval()
    clips = []
    trainer.policy.model.visual.register_forward_pre_hook(
        lambda module, given, named: clips.append(len(named["grid_thw"])), with_kwargs=True
    )
    first, second = trainer.show(row(1)), trainer.show(row(2))
    copies = [first, first, second, first]
    apart = [dataclasses.replace(shown) for shown in copies]
    replies = [[45, 46], [47, 48], [49, 50], [51, 52]]
    logps, gradients = [], []
    for batch in (copies, apart):
        scores = trainer.score(batch, replies)
        (scores * torch.arange(8).view(4, 2)).sum().backward()
        logps.append(scores.detach())
        gradients.append([weights.grad.clone() for weights in trainer.policy.parameters()])
        trainer.policy.zero_grad()
    assert clips == [2, 4]
    assert torch.allclose(*logps, atol=1e-5)
    for shared, plain in zip(*gradients, strict=True):
        assert torch.allclose(shared, plain, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("architecture", FAMILIES)
def test_no_pass_of_training_encodes_a_video_twice(trainers, architecture):
    trainer = trainers(architecture)
    clips = []
    for model in (trainer.policy, trainer.ref_model):
        model.model.visual.register_forward_pre_hook(
            lambda module, given, named: clips.append(len(named["grid_thw"])), with_kwargs=True
        )
    trainer.train()
    # The self-test looks at one video three times; then two rows of two replies each: sampled, referred to, scored.
    assert clips == [1, 1, 1, 2, 2, 2]


def test_replies_never_hold_visual_tokens(trainers):
    trainer = trainers("qwen3_vl")
    config = trainer.policy.config
    assert {config.image_token_id, config.video_token_id} <= set(
        trainer.generation_config.suppress_tokens
    )
    assert trainer.generation_kwargs["suppress_tokens"] == trainer.generation_config.suppress_tokens


@pytest.mark.parametrize("corrected", [True, False])
@pytest.mark.parametrize("loss_type", LOSSES)
def test_beta_time_equal_to_beta_gives_the_loss_of_stock_trl(scored, loss_type, corrected):
    trainer, inputs = scored
    trainer.loss_type, trainer.args.use_bias_correction_kl = loss_type, corrected
    stock = stock_loss(trainer, inputs)
    assert our_loss(trainer, inputs, beta_time=trainer.beta) == pytest.approx(stock, abs=1e-5)
    # And the equality means something: time tokens do change this loss.
    assert abs(our_loss(trainer, inputs, beta_time=0.0) - stock) > 1e-5


def test_the_kl_of_time_tokens_is_weighed_apart(scored):
    import torch

    trainer, inputs = scored
    trainer.loss_type, trainer.args.use_bias_correction_kl = "bnpo", False
    ids, mask = inputs["completion_ids"], inputs["completion_mask"]
    words = trainer.processor.tokenizer
    # Of "[[1.5, 2]] for 3" the parser reads 1.5 and 2; of the third reply 12, 13.25, 2 and 3.
    timed = torch.zeros_like(mask)
    for number, reply in enumerate(ids):
        text = words.decode(reply[: mask[number].sum()])
        last = text.rfind("]]")
        timed[number] = torch.tensor(
            [
                int(place < last and words.decode(token) in set("0123456789."))
                for place, token in enumerate(reply)
            ]
        )
    assert timed.sum().item() == 4 + 9
    with torch.no_grad(), trainer._showing(inputs["shown"]):
        whole = torch.cat([inputs["prompt_ids"], ids], 1)
        keep = torch.cat([inputs["prompt_mask"], mask], 1)
        logps = trainer._get_per_token_logps_and_entropies(
            trainer.policy, whole, keep, ids.size(1)
        )[0]
    gap = inputs["ref_per_token_logps"] - logps
    kl = gap.exp() - gap - 1
    extra = our_loss(trainer, inputs, beta_time=0.5) - our_loss(trainer, inputs, beta_time=0.0)
    assert extra == pytest.approx((0.5 * (kl * timed).sum() / mask.sum()).item(), rel=1e-4)


def test_kl_and_entropy_are_logged_apart_for_time_tokens(scored):
    trainer, inputs = scored
    trainer._metrics["train"].clear()
    trainer.model.train()
    our_loss(trainer, inputs, beta_time=0.0)
    logged = {name: values[0] for name, values in trainer._metrics["train"].items()}
    share = logged["frac_time_tokens"]
    assert share == pytest.approx(13 / inputs["completion_mask"].sum().item())
    for name in ("kl", "entropy"):
        mean = share * logged[f"{name}_time"] + (1 - share) * logged[f"{name}_other"]
        assert mean == pytest.approx(logged[name], rel=1e-4)


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


@pytest.mark.parametrize("architecture", FAMILIES)
def test_blind_scoring_is_refused_before_the_first_step(trainers, architecture):
    from trl.trainer.grpo_trainer import GRPOTrainer

    class Blind(type(trainers(architecture))):
        """Scores as stock TRL does: the ids of the video tokens without the pixels."""

        def _get_per_token_logps_and_entropies(self, model, ids, mask, keep, *others, **media):
            return GRPOTrainer._get_per_token_logps_and_entropies(
                self, model, ids, mask, keep, *others, **media
            )

    trainer = trainers(architecture, kind=Blind)
    with pytest.raises(ModelError, match="Training would be blind"):
        trainer.train()
    assert trainer.state.global_step == 0


def test_scoring_without_visual_gradients_is_refused(trainers):
    trainer = trainers("qwen3_vl")
    trainer.policy.model.visual.register_forward_hook(
        lambda module, given, out: type(out)({name: detached(value) for name, value in out.items()})
    )
    with pytest.raises(ModelError, match="Training would be blind: the largest gradient"):
        trainer.train()


def detached(value):
    return [one.detach() for one in value] if isinstance(value, list) else value.detach()


def test_settings_that_cannot_work_are_refused(trainers):
    with pytest.raises(SpecError, match=r"beta_time is 0\.1 and beta is 0"):
        trainers("qwen3_vl", beta=0.0, beta_time=0.1)
    with pytest.raises(SpecError, match="told the time by"):
        trainers("qwen2_5_vl", adapter=load_adapter("qwen3-vl"))
