"""Dice: tokens fall as their chances say, each reply by itself."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

DRAWS = 4000
LOGITS = [2.0, 1.0, 0.0, -1.0, float("-inf")]


def fallen(*, temperature: float, top_p: float, seed: int = 0) -> np.ndarray:
    """Draw one token for each of many prompts; return how often each token fell, as shares."""
    import torch

    from grounder.vlm.dice import OwnDice

    prompts = [[number] for number in range(DRAWS)]
    dice = OwnDice(prompts, seed=seed, temperature=temperature, top_p=top_p)
    scores = dice(torch.tensor(prompts), torch.tensor([LOGITS] * DRAWS))
    return np.bincount(scores.argmax(dim=1).numpy(), minlength=len(LOGITS)) / DRAWS


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_tokens_fall_as_the_softmax_says(temperature):
    powers = np.exp(np.array(LOGITS) / temperature)
    chances = powers / powers.sum()
    # Five standard errors of a share.
    assert np.all(
        np.abs(fallen(temperature=temperature, top_p=1.0) - chances) < 5 * 0.5 / DRAWS**0.5
    )


def test_what_is_outside_the_nucleus_never_falls():
    powers = np.exp(LOGITS)
    chances = powers / powers.sum()
    assert chances[0] < 0.7 < chances[:2].sum()
    shares = fallen(temperature=1.0, top_p=0.7)
    assert shares[:2] == pytest.approx(chances[:2] / chances[:2].sum(), abs=5 * 0.5 / DRAWS**0.5)
    assert not shares[2:].any()


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(4)), st.integers(0, 2**40))
def test_the_noise_of_a_reply_is_its_own(order, seed):
    import torch

    from grounder.vlm.dice import OwnDice

    prompts = [[5], [5, 6], [7], []]
    flat = torch.zeros(4, 50)

    def drawn(chosen):
        dice = OwnDice([prompts[n] for n in chosen], seed=seed, temperature=1.0, top_p=1.0)
        # Two tokens each: the second goes on with the same dice.
        return [dice(torch.zeros(4, 1), flat) for _ in range(2)]

    for straight, turned in zip(drawn(range(4)), drawn(order), strict=True):
        assert torch.equal(turned, straight[list(order)])
        assert len({tuple(row) for row in straight.tolist()}) == 4
