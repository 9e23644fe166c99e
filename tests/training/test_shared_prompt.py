import pytest

from grounder.errors import SpecError
from tests.training.grpo.stage import ADAPTERS, FAMILIES, Prompts, row

BRANCHES = [[45, 46, 50], [47], [49, 50], [51, 52, 9, 8, 7], []]
OWNERS = [0, 1, 1, 0, 1]


@pytest.fixture(scope="module")
def models(tiny_vlm):
    """From a family to a tiny model that takes shared prompts, and what it is shown for a row."""
    import torch
    from transformers import AutoModelForImageTextToText, AutoProcessor

    from grounder.vlm.families import family_of
    from training.grpo.shown import shown_of
    from training.shared_attention import accept_shared_prompts

    torch.set_num_threads(1)

    def make(architecture):
        folder = tiny_vlm(architecture)
        model = AutoModelForImageTextToText.from_pretrained(folder, dtype=torch.float32)
        accept_shared_prompts(model.model)
        processor = AutoProcessor.from_pretrained(folder)
        prompts, family = Prompts(ADAPTERS[architecture]), family_of(architecture, "tiny")
        return model, [shown_of(prompts(row(number)), family, processor) for number in (1, 2)]

    return make


def laid_out(model, prompts):
    from training.grpo.shown import joined_media
    from training.shared_prompt import share_prompts

    media = joined_media(prompts)
    return share_prompts(model.model, prompts, BRANCHES, OWNERS, media=media), media


@pytest.mark.parametrize("architecture", FAMILIES)
def test_every_continuation_reads_as_if_it_stood_alone(models, architecture):
    import torch

    model, prompts = models(architecture)
    shared, media = laid_out(model, prompts)
    with torch.no_grad():
        logits = model(**shared.inputs(), **media).logits[:, -shared.tail :]
        for number, (owner, branch) in enumerate(zip(OWNERS, BRANCHES, strict=True)):
            prompt = prompts[owner]
            alone = model(
                input_ids=torch.tensor([[*prompt.ids, *branch]]),
                mm_token_type_ids=torch.tensor([[*prompt.kinds, *[0] * len(branch)]]),
                **prompt.media,
            ).logits[0, len(prompt.ids) :]
            found = logits[owner, shared.columns[number][shared.told[number]]]
            assert torch.allclose(found, alone, atol=1e-5)


@pytest.mark.parametrize("architecture", FAMILIES)
def test_labels_for_the_whole_sequence_give_the_loss_of_the_continuations(models, architecture):
    import torch

    model, prompts = models(architecture)
    shared, media = laid_out(model, prompts)
    width = shared.told.size(1)
    branches = torch.tensor([[*branch, *[0] * (width - len(branch))] for branch in BRANCHES])
    labels = shared.spread(branches, -100)
    assert sorted(labels[labels >= 0].tolist()) == sorted(
        token for branch in BRANCHES for token in branch
    )
    with torch.no_grad():
        loss = model(**shared.inputs(), **media, labels=labels).loss.item()
        total = 0.0
        for owner, branch in zip(OWNERS, BRANCHES, strict=True):
            ids = torch.tensor([[*prompts[owner].ids, *branch]])
            kinds = torch.tensor([[*prompts[owner].kinds, *[0] * len(branch)]])
            logits = model(input_ids=ids, mm_token_type_ids=kinds, **prompts[owner].media).logits
            told = logits[0, :-1].log_softmax(-1).gather(1, ids[0, 1:, None])[:, 0]
            total -= told[len(prompts[owner].ids) - 1 :].sum().item()
    assert loss == pytest.approx(total / sum(map(len, BRANCHES)), abs=1e-5)


def test_what_is_spread_is_gathered_again(models):
    import torch

    model, prompts = models("qwen3_vl")
    shared, _ = laid_out(model, prompts)
    values = torch.randn(shared.told.shape) * shared.told
    tails = shared.spread(values, 0)[:, -shared.tail :]
    assert torch.equal(shared.gather(tails), values)


def test_no_continuation_sees_another(models):
    import torch

    model, prompts = models("qwen3_vl")
    shared, media = laid_out(model, prompts)
    changed = shared.ids.clone()
    changed[0, -shared.tail + 1] = 60  # the first token of continuation 0
    with torch.no_grad():
        before, after = (
            model(**{**shared.inputs(), "input_ids": ids}, **media).logits[0, -shared.tail :]
            for ids in (shared.ids, changed)
        )
    own, other = shared.columns[0], shared.columns[3]
    assert (before[own[:3]] - after[own[:3]]).abs().max() > 1e-3
    assert torch.equal(before[other], after[other])


def test_the_rest_of_the_model_attends_as_ever(models, tiny_vlm):
    import torch
    from transformers import AutoModelForImageTextToText

    model, _ = models("qwen3_vl")
    plain = AutoModelForImageTextToText.from_pretrained(tiny_vlm("qwen3_vl"), dtype=torch.float32)
    ids = torch.tensor([[1, 1, 40, 41, 42], [43, 44, 45, 46, 47]])
    mask = (ids != 1).long()
    with torch.no_grad():
        logits = [one(input_ids=ids, attention_mask=mask).logits for one in (plain, model)]
    assert torch.equal(*logits)
    assert model.config.vision_config._attn_implementation == "sdpa"


def test_an_attention_without_masks_is_refused(tiny_vlm):
    from transformers import AutoModelForImageTextToText

    from training.shared_attention import accept_shared_prompts

    model = AutoModelForImageTextToText.from_pretrained(
        tiny_vlm("qwen3_vl"), attn_implementation="eager"
    )
    with pytest.raises(SpecError, match="attention 'eager', which cannot share"):
        accept_shared_prompts(model.model)
