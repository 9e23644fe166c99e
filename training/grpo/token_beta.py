"""TokenBeta: a KL weight per token in the place of TRL's one number."""

from torch import Tensor


class TokenBeta:
    """Stands in for `trainer.beta` while TRL computes its loss.

    TRL asks of beta whether it is 0 and multiplies it with the KL of every token, after bias correction and
    before any normaliser. So each loss type stays TRL's own; a TRL that asks more of beta fails loudly here.
    """

    def __init__(self, weights: Tensor) -> None:
        """Weigh the KL of each token, (batch, length)."""
        self.weights = weights
        self.kl = weights.new_zeros(weights.shape)
        """The KL that was weighed, as TRL computed it; for logging."""

    def __ne__(self, other: object) -> bool:
        return True

    def __mul__(self, kl: Tensor) -> Tensor:
        self.kl = kl.detach()
        return self.weights.to(kl.dtype) * kl
