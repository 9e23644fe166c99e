"""Scored: the vocabulary is scored where a reply stands and nowhere else.

TRL does so on GPUs alone; on a CPU its fused head scores every token of the prompt, too, and throws that away.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor

from training.sft.task import UNSCORED


def told(labels: Tensor) -> Tensor:
    """Return where a token stands before one that is to be said: booleans, (rows, length - 1)."""
    return labels[:, 1:] != UNSCORED


@contextmanager
def only_replies(part: Any, labels: Tensor) -> Iterator[Tensor]:
    """Let the part of a model before its head put out one row: the states from which replies are told.

    Args:
        part: the module whose `last_hidden_state` the head is given.
        labels: (rows, length); -100 where nothing is to be said.

    Yields:
        (1, tokens): what is to be said after each state, `shift_labels` of the head.
    """
    chosen = told(labels)

    def cut(_module: Any, _inputs: Any, output: Any) -> Any:
        output.last_hidden_state = output.last_hidden_state[:, :-1][chosen][None]
        return output

    hook = part.register_forward_hook(cut)
    try:
        yield labels[:, 1:][chosen][None]
    finally:
        hook.remove()
