"""Time tokens and others, told apart in a batch, and what is logged of each."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from grounder.adapters import Adapter
from training.token_kl import KlMask, TokenTable, time_tokens


def timed_tokens(
    ids: Tensor, mask: Tensor, *, table: TokenTable, adapter: Adapter, kl_mask: KlMask
) -> Tensor:
    """Return which tokens of replies tell a time, (batch, length) booleans.

    Args:
        ids: (batch, length) token ids, padded on the right.
        mask: (batch, length), 1 for what is no padding.
        table: the vocabulary.
        adapter: how the replies are read.
        kl_mask: what counts.
    """
    timed = torch.zeros(ids.shape, dtype=torch.bool)
    for row, (tokens, kept) in enumerate(zip(ids.tolist(), mask.tolist(), strict=True)):
        reply = tokens[: sum(kept)]
        told = time_tokens(reply, table, adapter=adapter, mask=kl_mask)
        timed[row, : len(reply)] = torch.from_numpy(told)
    return timed.to(ids.device)


def means_by_kind(
    values: Mapping[str, Tensor],
    timed: Tensor,
    mask: Tensor,
    *,
    reduce: Callable[[Tensor], Tensor],
) -> dict[str, float]:
    """Return the mean of each value over time tokens and over others, and the share of time tokens.

    Args:
        values: name to (batch, length); gives `<name>_time` and `<name>_other`, NaN where there is no such token.
        timed: (batch, length), which tokens tell a time.
        mask: (batch, length), what is no padding.
        reduce: adds up over all processes.
    """
    kinds = {"time": timed & mask.bool(), "other": ~timed & mask.bool()}
    counts = [kind.sum().float() for kind in kinds.values()]
    sums = [
        (value.detach() * kind).sum().float()
        for value in values.values()
        for kind in kinds.values()
    ]
    num_time, num_other, *totals = reduce(torch.stack([*counts, *sums])).tolist()
    names = [(name, kind) for name in values for kind in kinds]
    means = {"frac_time_tokens": num_time / max(1.0, num_time + num_other)}
    for (name, kind), total in zip(names, totals, strict=True):
        count = num_time if kind == "time" else num_other
        means[f"{name}_{kind}"] = total / count if count else float("nan")
    return means
