"""OwnDice: every reply of a batch is drawn by itself, so that what stands beside it changes nothing."""

import hashlib
from collections.abc import Sequence

import torch
from transformers import LogitsProcessor, TopPLogitsWarper


class OwnDice(LogitsProcessor):
    """Makes greedy search draw: the highest of scores with Gumbel noise falls as the softmax of the scores says.

    Gumbel-max (Maddison et al. 2014, arXiv:1411.0030). The noise of a reply follows from the seed and its own prompt.
    """

    def __init__(
        self, prompts: Sequence[Sequence[int]], *, seed: int, temperature: float, top_p: float
    ) -> None:
        """Begin a batch of replies.

        Args:
            prompts: the token ids of each, without padding.
            seed: another one gives other replies.
            temperature: above 0.
            top_p: share of the chance from which tokens are drawn, in (0, 1].
        """
        self._dice = [torch.Generator().manual_seed(_seed(ids, seed)) for ids in prompts]
        self._temperature = temperature
        self._nucleus = TopPLogitsWarper(top_p) if top_p < 1 else None

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        """Return scores (replies, tokens) whose highest is the token drawn."""
        # float32: in bfloat16 the noise of many tokens is the same.
        drawn: torch.Tensor = scores.float() / self._temperature
        if self._nucleus is not None:
            drawn = self._nucleus(input_ids, drawn)
        size = drawn.shape[1]
        waits = torch.stack([torch.empty(size).exponential_(generator=one) for one in self._dice])
        # A wait of 0 would draw what cannot be drawn.
        waits = waits.clamp_min(torch.finfo(waits.dtype).tiny)
        return drawn - waits.log().to(drawn.device)  # type: ignore[return-value] # a plain tensor will do


def _seed(ids: Sequence[int], seed: int) -> int:
    told = repr((seed, list(ids))).encode()
    return int.from_bytes(hashlib.sha256(told).digest()[:8], "big", signed=True)
