"""The loss: a KL weight of its own for time tokens, otherwise that of TRL."""

import pytest

LOSSES = ["grpo", "dapo", "bnpo", "dr_grpo", "cispo", "sapo", "luspo", "vespo"]


def stock_loss(trainer, inputs):
    """Return TRL's own loss, its one beta on every token, on what our scoring gives."""
    from trl.trainer.grpo_trainer import GRPOTrainer

    with trainer._showing(inputs["shown"]):
        return GRPOTrainer._compute_loss(trainer, trainer.model, inputs).item()


def our_loss(trainer, inputs, beta_time):
    trainer._beta_time = beta_time
    return trainer._compute_loss(trainer.model, inputs).item()


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
