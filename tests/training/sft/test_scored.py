"""The head is run where replies stand, and nothing else changes."""

import pytest

from training.sft.recipe import SftRecipe


@pytest.mark.parametrize("packed", [False, True], ids=["alone", "packed"])
def test_the_loss_is_that_over_whole_prompts_and_the_head_sees_replies_alone(
    tiny_vlm, tmp_path, data, packed
):
    import torch
    from torch.nn.functional import cross_entropy

    from training.sft.run import Run

    torch.set_num_threads(1)
    recipe = SftRecipe(
        name="small",
        source="a test",
        model=str(tiny_vlm("qwen3_vl")),
        adapter="nano",
        data=str(data),
        packed=packed,
        trainer={"per_device_train_batch_size": 3, "use_cpu": True, "bf16": False},
    )
    trainer = Run.prepared(recipe, tmp_path / "run").trainer()
    batch = next(iter(trainer.get_train_dataloader()))
    plain = {name: value for name, value in batch.items() if name not in {"labels", "subjects"}}
    labels = batch["labels"][:, 1:]
    logits = trainer.model(**plain).logits[:, :-1]
    whole = cross_entropy(logits.flatten(0, 1), labels.flatten())
    heard = []
    hook = trainer.model.register_forward_hook(lambda _module, _in, output: heard.append(output))
    loss = trainer.compute_loss(trainer.model, batch)
    hook.remove()
    assert heard[0].log_probs.shape == (1, int((labels != -100).sum()))
    head = trainer.model.get_output_embeddings()
    loss.backward()
    ours = head.weight.grad.clone()
    trainer.model.zero_grad()
    whole.backward()
    torch.testing.assert_close(loss, whole, atol=1e-5, rtol=0)
    torch.testing.assert_close(ours, head.weight.grad, atol=1e-5, rtol=1e-4)
