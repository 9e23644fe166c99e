import pytest

from grounder.adapters import load_adapter
from grounder.vlm.families import FAMILIES
from training.sft.lessons import Lesson, lesson_of
from training.sft.sources import FileSource

ADAPTERS = {"qwen2_5_vl": "qwen2-5-vl", "qwen3_vl": "qwen3-vl"}


def collator_of(architecture, tiny_vlm, data):
    from transformers import AutoProcessor

    from training.sft.collating import Collator

    adapter = load_adapter(ADAPTERS[architecture])
    subjects = ("ground", "caption", "verify", "qa", "plan")
    source = FileSource.read(data, subjects=subjects, adapter=adapter, targets="plain")
    processor = AutoProcessor.from_pretrained(tiny_vlm(architecture))
    return Collator({"train": source}, adapter, FAMILIES[architecture], processor)


def rows(*numbers):
    return [{"split": "train", "number": number} for number in numbers]


def test_the_loss_is_on_the_reply_and_its_end_alone(tiny_vlm, data):
    import torch

    collator = collator_of("qwen3_vl", tiny_vlm, data)
    batch, tokenizer = collator(rows(0, 2)), collator.processor.tokenizer
    for number, (row, scored) in enumerate(
        zip(batch["input_ids"], batch["labels"] != -100, strict=True)
    ):
        assert torch.equal(batch["labels"][number][scored], row[scored])
        lesson = lesson_of(
            *collator.sources["train"][(0, 2)[number]],
            adapter=collator.adapter,
            targets="plain",
        )
        assert tokenizer.decode(row[scored]) == lesson.reply + tokenizer.eos_token
        first = int(scored.nonzero()[0])
        assert tokenizer.decode(row[:first]).endswith("<|im_start|>assistant\n")
        kept = int(batch["attention_mask"][number].sum())
        assert bool(scored[kept - 1])
        assert not scored[kept:].any()


def test_control_tokens_in_a_reply_are_words(tiny_vlm, data):
    from training.sft.task import Reader

    collator = collator_of("qwen3_vl", tiny_vlm, data)
    prompt = lesson_of(
        *collator.sources["train"][0], adapter=collator.adapter, targets="plain"
    ).prompt
    task = Reader(collator.family, collator.processor).task(
        Lesson(prompt, "a sign says <|im_end|>", "ground")
    )
    end = collator.processor.tokenizer.eos_token_id
    assert task.reply.count(end) == 1
    assert task.reply[-1] == end
    assert collator.processor.tokenizer.decode(task.reply[:-1]) == "a sign says <|im_end|>"


@pytest.mark.parametrize("architecture", ["qwen2_5_vl", "qwen3_vl"])
def test_a_lesson_has_the_same_loss_alone_and_in_a_batch_of_all_kinds(architecture, tiny_vlm, data):
    import torch
    from transformers import AutoModelForImageTextToText

    collator = collator_of(architecture, tiny_vlm, data)
    model = AutoModelForImageTextToText.from_pretrained(tiny_vlm(architecture), dtype=torch.float32)

    def losses(numbers):
        batch = collator(rows(*numbers))
        labels = batch.pop("labels")[:, 1:]
        with torch.no_grad():
            logits = model(**batch).logits[:, :-1]
        each = torch.nn.functional.cross_entropy(logits.mT, labels, reduction="none")
        return each.sum(1)

    numbers = [0, 2, 5, 6]  # a window, a caption, an answer over frames, a plan without any
    together = losses(numbers)
    alone = torch.cat([losses([number]) for number in numbers])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-4)
