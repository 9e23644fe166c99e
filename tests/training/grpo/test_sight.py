"""Videos reach every pass of training, once each, and a blind run is refused."""

import dataclasses
import inspect
from typing import ClassVar

import pytest

from grounder.errors import ModelError
from tests.training.grpo.stage import (
    FAMILIES,
    row,
)


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


def test_rows_of_which_nothing_is_known_to_be_shown_are_not_scored(scored):
    import torch

    trainer, inputs = scored
    ids = torch.cat([inputs["prompt_ids"], inputs["completion_ids"]], 1)
    mask = torch.cat([inputs["prompt_mask"], inputs["completion_mask"]], 1)
    for shown in ([], inputs["shown"][:3]):
        with trainer._showing(shown), pytest.raises(RuntimeError, match="be scored blind"):
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
    apart = [dataclasses.replace(shown, media=dict(shown.media)) for shown in copies]
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
        # Relative to all of a tensor: its smallest entries are sums that all but cancel, in an order of the machine's own.
        assert (shared - plain).norm() <= 1e-5 * plain.norm()


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


def test_a_gradient_that_is_no_number_is_refused_wherever_it_stands(trainers):
    trainer = trainers("qwen3_vl")
    *_, last = trainer.policy.model.visual.parameters()
    last.register_hook(lambda gradient: gradient * float("nan"))
    with pytest.raises(ModelError, match="the weights of the vision tower is nan"):
        trainer.train()


def detached(value):
    return [one.detach() for one in value] if isinstance(value, list) else value.detach()
