"""Lessons about one clip as one row: cheaper, and the same to the model."""

from dataclasses import replace

import pytest

from tests.training.sft.test_collating import collator_of, rows

EVERY = (0, 1, 2, 3, 4, 5, 6)


def lessons_of(collator):
    from training.sft.lessons import lesson_of

    items = [collator.sources["train"][number] for number in EVERY]
    return [lesson_of(*item, adapter=collator.adapter, targets="plain") for item in items]


@pytest.mark.parametrize("architecture", ["qwen2_5_vl", "qwen3_vl"])
def test_what_follows_the_same_clip_is_read_as_if_it_stood_alone(architecture, tiny_vlm, data):
    from training.sft.task import Reader

    collator = collator_of(architecture, tiny_vlm, data)
    reader = Reader(collator.family, collator.processor)
    lessons = lessons_of(collator)
    together = [reader.task(lesson) for lesson in lessons]
    alone = [Reader(collator.family, collator.processor).task(lesson) for lesson in lessons]
    assert [(task.shown.ids, task.shown.kinds) for task in together] == [
        (task.shown.ids, task.shown.kinds) for task in alone
    ]
    assert (
        together[0].shown.media is together[1].shown.media
    )  # both are asked about the whole video
    assert together[0].shown.media is not together[2].shown.media


# Pushed on by less than one position, they stay where the model itself puts them.
@pytest.mark.parametrize(
    "changes", [{"packed": True}, {"stretch": 1}, {"packed": True, "stretch": 1}]
)
@pytest.mark.parametrize("architecture", ["qwen2_5_vl", "qwen3_vl"])
def test_packed_lessons_have_the_loss_and_gradients_of_lessons_alone(
    architecture, changes, tiny_vlm, data
):
    import torch
    from transformers import AutoModelForImageTextToText

    from training.grpo.once import seeing_part
    from training.shared_attention import accept_shared_prompts

    collator = collator_of(architecture, tiny_vlm, data)
    model = AutoModelForImageTextToText.from_pretrained(tiny_vlm(architecture), dtype=torch.float32)
    accept_shared_prompts(seeing_part(model))

    def learnt(**changes):
        batch = replace(collator, **changes, seeing=seeing_part(model))(rows(*EVERY))
        assert ("position_ids" in batch) == bool(changes)
        labels = batch.pop("labels")[:, 1:]
        model.zero_grad()
        logits = model(**batch).logits[:, :-1]
        loss = torch.nn.functional.cross_entropy(logits.mT, labels, reduction="sum")
        loss.backward()
        return loss.detach(), [weights.grad for weights in model.parameters()], labels

    loss, gradients, labels = learnt(**changes)
    plain_loss, plain_gradients, plain_labels = learnt()
    assert (labels != -100).sum() == (plain_labels != -100).sum()
    assert (len(labels) < len(plain_labels)) == changes.get("packed", False)
    assert len(plain_labels) == len(EVERY)
    assert torch.allclose(loss, plain_loss, rtol=1e-5)
    for one, other in zip(gradients, plain_gradients, strict=True):
        assert torch.allclose(one, other, atol=1e-5 * float(plain_loss))
