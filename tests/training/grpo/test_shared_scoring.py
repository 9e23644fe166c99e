from types import SimpleNamespace

import pytest

from grounder.errors import SpecError
from tests.training.grpo.stage import FAMILIES, batch_of, other_row, row

ROWS = [1, 2, 1, 3, 2, 1]
REPLIES = ["[[1.5, 2]] for 3", "no", "[[12, 13.25]", "é [0.5", "", "7"]


def moved(trainer):
    """Move the weights away from the reference and return a batch of groups of ragged replies."""
    import torch

    trainer.current_gradient_accumulation_steps = 1  # TRL sets it when training starts
    say = trainer.processor.tokenizer
    shown = {number: trainer.show(row(number)) for number in set(ROWS)}
    inputs = batch_of(
        trainer, [shown[number] for number in ROWS], [say(text)["input_ids"] for text in REPLIES]
    )
    dice = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weights in trainer.policy.parameters():
            weights.add_(0.02 * torch.randn(weights.shape, generator=dice))
    return inputs


def taught(trainer, inputs, scoring):
    """Return log-probs, entropies, the loss, and the gradients it gives, of one way to score."""
    import torch

    trainer._scoring = scoring
    ids = torch.cat([inputs["prompt_ids"], inputs["completion_ids"]], 1)
    mask = torch.cat([inputs["prompt_mask"], inputs["completion_mask"]], 1)
    with torch.no_grad(), trainer._showing(inputs["shown"]):
        logps, entropies, _ = trainer._get_per_token_logps_and_entropies(
            trainer.policy, ids, mask, inputs["completion_ids"].size(1), compute_entropy=True
        )
    trainer.policy.zero_grad()
    loss = trainer._compute_loss(trainer.model, inputs)
    loss.backward()
    gradients = {
        name: weights.grad.clone()
        for name, weights in trainer.policy.named_parameters()
        if weights.grad is not None
    }
    return logps, entropies, loss.detach(), gradients


def check_equal(trainer, inputs):
    check_same(taught(trainer, inputs, "shared"), taught(trainer, inputs, "plain"))


def check_same(found, right):
    import torch

    *numbers, gradients = found
    *expected, right = right
    for number, other in zip(numbers, expected, strict=True):
        assert torch.allclose(number, other, atol=1e-5)
    assert gradients.keys() == right.keys()
    assert max(gradient.abs().max() for gradient in right.values()) > 1e-3
    for name, gradient in gradients.items():
        assert torch.allclose(gradient, right[name], atol=1e-5), name


@pytest.mark.parametrize("corrected", [True, False])
@pytest.mark.parametrize("architecture", FAMILIES)
def test_a_shared_prompt_changes_no_number(trainers, architecture, corrected):
    trainer = trainers(architecture, beta_time=0.01, use_bias_correction_kl=corrected)
    check_equal(trainer, moved(trainer))


@pytest.mark.parametrize("architecture", FAMILIES)
def test_nor_does_it_with_lora_and_gradient_checkpointing(trainers, architecture):
    from peft import LoraConfig

    lora = LoraConfig(r=4, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM")
    trainer = trainers(architecture, peft_config=lora, gradient_checkpointing=True)
    inputs = moved(trainer)
    trainer.model.train()
    check_equal(trainer, inputs)


def test_nor_does_gradient_checkpointing_of_all_weights(trainers):
    trainer = trainers("qwen3_vl", gradient_checkpointing=True)
    trainer.model.gradient_checkpointing_enable({"use_reentrant": False})
    inputs = moved(trainer)
    trainer.model.train()
    check_equal(trainer, inputs)


def read(trainer):
    """Return a list that will hold how many tokens enter the language models, pass by pass."""
    counts = []
    for model in filter(None, (trainer.policy, trainer.ref_model)):
        model.model.language_model.register_forward_hook(
            lambda module, given, output: counts.append(output.last_hidden_state[..., 0].numel())
        )
    return counts


@pytest.mark.parametrize("architecture", FAMILIES)
def test_the_prompt_is_run_once_for_all_its_replies(trainers, architecture):
    trainer = trainers(architecture)
    inputs = moved(trainer)
    counts = read(trainer)
    taught(trainer, inputs, "shared")
    stems = {number: len(trainer.show(row(number)).ids) - 1 for number in ROWS}
    lengths = [1 + count for count in inputs["completion_mask"].sum(1).tolist()]
    tails = [
        sum(length for owner, length in zip(ROWS, lengths, strict=True) if owner == number)
        for number in stems
    ]
    # Three prompts, not six; shorter ones are padded.
    assert counts == [3 * (max(stems.values()) + max(tails))] * 2


def test_every_pass_of_a_step_shares_the_prompt(trainers):
    trainer = trainers("qwen3_vl", num_generations=4, max_completion_length=3)
    counts = read(trainer)
    trainer.train()
    longest = max(len(trainer.show(row(number)).ids) for number in range(4))
    prefill, *decoding, reference, loss = counts[3:]  # the self-test looks three times
    assert prefill <= longest
    assert decoding == [4] * len(decoding)
    assert reference == loss <= longest + 4 * (1 + 3)


def seen(trainer):
    """Return a list that will hold how many patches enter the vision towers, pass by pass."""
    counts = []
    for model in filter(None, (trainer.policy, trainer.ref_model)):
        model.model.visual.register_forward_pre_hook(
            lambda module, given: counts.append(len(given[0]))
        )
    return counts


@pytest.mark.parametrize("scoring", ["shared", "plain"])
@pytest.mark.parametrize("architecture", FAMILIES)
def test_two_questions_about_one_clip_look_at_it_once(trainers, architecture, scoring):
    import torch

    from training.grpo.shown import with_shared_media

    trainer = trainers(architecture, scoring=scoring)
    trainer.model.eval()
    apart = [trainer.show(one) for one in (row(1), other_row(1), row(2), row(1))]
    shared = with_shared_media(apart)
    replies = [trainer.processor.tokenizer("[1, 2]")["input_ids"]] * 4
    counts = seen(trainer)
    with torch.no_grad():
        expected, found = trainer.score(apart, replies), trainer.score(shared, replies)
    once, twice = (
        sum(len(shown.media["pixel_values_videos"]) for shown in batch)
        for batch in ([apart[0], apart[2]], apart)
    )
    assert counts == [twice, once]
    assert torch.allclose(found, expected, atol=1e-5)
    assert not torch.allclose(found[0], found[1], atol=1e-3)


@pytest.mark.parametrize("scoring", ["shared", "plain"])
@pytest.mark.parametrize("architecture", FAMILIES)
def test_looking_once_changes_no_gradient(trainers, architecture, scoring):
    from training.grpo.shown import with_shared_media

    trainer = trainers(architecture)
    inputs = moved(trainer)
    apart = [trainer.show(other_row(1))] * 2
    apart += [trainer.show(row(1))] * 2 + [trainer.show(row(2))] * 2
    say = trainer.processor.tokenizer
    inputs = batch_of(trainer, apart, [say(text)["input_ids"] for text in REPLIES])
    together = dict(zip(map(id, apart), with_shared_media(apart), strict=True))
    once = inputs | {"shown": [together[id(shown)] for shown in apart]}
    check_same(taught(trainer, once, scoring), taught(trainer, inputs, scoring))


@pytest.mark.parametrize("scoring", ["shared", "plain"])
def test_every_pass_of_a_step_looks_at_a_clip_once(trainers, scoring):
    trainer = trainers("qwen3_vl", scoring=scoring, max_completion_length=3)
    trainer.current_gradient_accumulation_steps = 1
    trainer.model.train()
    counts = seen(trainer)
    rows = [row(1), row(1), other_row(1), other_row(1)]
    inputs = trainer._prepare_inputs(rows)
    trainer.compute_loss(trainer.model, inputs).backward()
    # Rollouts, the reference, the loss.
    assert counts == [len(trainer.show(row(1)).media["pixel_values_videos"])] * 3


@pytest.mark.parametrize("architecture", FAMILIES)
def test_rollouts_from_prompts_read_once_are_the_same(trainers, architecture):
    import torch

    trainer = trainers(architecture, max_completion_length=5)
    texts = []
    for apart in (False, True):
        torch.manual_seed(0)
        rows = [row(1), row(2), row(1), row(2)]
        trainer._rows = rows
        ids, images, fields = trainer._tokenize_prompts(rows)
        if apart:
            trainer._shown = [trainer.show(one) for one in rows]
            fields |= {
                "pixel_values_videos": torch.cat(
                    [one.media["pixel_values_videos"] for one in trainer._shown]
                )
            }
        texts.append(trainer._generate_single_turn(ids, images, fields, 2)[0])
    assert texts[0] == texts[1]
    assert len({tuple(text) for text in texts[0]}) > 1


def test_micro_batches_hold_whole_groups(trainers):
    settings = {"num_generations": 4, "gradient_accumulation_steps": 2, "max_completion_length": 3}
    trainer = trainers("qwen3_vl", **settings)
    trainer.current_gradient_accumulation_steps = 2
    trainer.model.train()
    trainer._prepare_inputs([row(1)] * 4 + [row(2)] * 4)
    batches = trainer._buffered_inputs
    assert [len({id(shown) for shown in batch["shown"]}) for batch in batches] == [1, 1]
    for batch in batches:
        for ids, mask, shown in zip(
            batch["prompt_ids"], batch["prompt_mask"], batch["shown"], strict=True
        ):
            assert tuple(ids[mask.bool()].tolist()) == shown.ids


def test_neighbours_keep_every_row_together():
    import torch

    from training.grpo.neighbours import neighbours

    one, two, three = (SimpleNamespace(media={}) for _ in range(3))
    batches = [
        {"shown": [two, one], "x": torch.tensor([[0], [1]]), "n": torch.tensor(4), "no": None},
        {"shown": [three, two], "x": torch.tensor([[2], [3]]), "n": torch.tensor(4), "no": None},
    ]
    first, second = neighbours(batches)
    assert first["shown"] == [two, two]
    assert second["shown"] == [one, three]
    assert first["x"].tolist() == [[0], [3]]
    assert second["x"].tolist() == [[1], [2]]
    assert (first["n"], first["no"]) == (4, None)
    three.media = two.media
    _, second = neighbours(batches)
    assert second["shown"] == [three, one]


def test_an_attention_that_cannot_share_is_refused_unless_scoring_is_plain(trainers, monkeypatch):
    import torch
    from transformers import AutoModelForImageTextToText

    load = AutoModelForImageTextToText.from_pretrained
    monkeypatch.setattr(
        AutoModelForImageTextToText,
        "from_pretrained",
        lambda folder, **settings: load(folder, attn_implementation="eager", **settings),
    )
    with pytest.raises(SpecError, match="scoring: plain"):
        trainers("qwen3_vl")
    trainer = trainers("qwen3_vl", scoring="plain")
    with torch.no_grad():
        assert trainer.score([trainer.show(row(1))] * 2, [[45], [46]]).isfinite().all()


def test_experts_whose_balance_is_trained_are_refused(trainers):
    from training.grpo.trainer import VideoGRPOTrainer

    class Experts(VideoGRPOTrainer):
        aux_loss_enabled = property(lambda self: True, lambda self, value: None)

    with pytest.raises(SpecError, match="router_aux_loss_coef"):
        trainers("qwen3_vl", kind=Experts)
