"""Limits: what the user allows in asking a model, and the asker that keeps to them."""

from dataclasses import dataclass, field
from pathlib import Path

from grounder.vlm import VLM
from scenetg.asking.asker import Asker
from scenetg.asking.ledger import Caps, Ledger, Price
from scenetg.asking.pace import Pace
from scenetg.asking.replies import Replies

SERVER = "openai:"
"""Specs of models that run behind a server, which batches what comes at once by itself."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one run; 0 and None: no limit."""

    concurrency: int = 4
    """Requests on the way to a server at one time, or prompts of one call to any other model."""
    copies: int = 1
    """Of a model that no server offers: each gets one call at a time. One in this process, or actors of a cluster."""
    requests_per_minute: float = 0.0
    tokens_per_minute: float = 0.0
    price: Price = field(default_factory=Price)
    caps: Caps = field(default_factory=Caps)

    def calls_to(self, vlm: VLM) -> tuple[int, int]:
        """Return how many calls are on the way to a model at one time, and the prompts of each."""
        return (self.concurrency, 1) if served(vlm.name) else (self.copies, self.concurrency)


def served(spec: str) -> bool:
    """Tell whether a server offers the model of a spec."""
    return spec.startswith(SERVER)


def open_asker(vlm: VLM, folder: Path, limits: Limits, *, other: VLM | None = None) -> Asker:
    """Return what asks `vlm` for the dataset in `folder`, with all it has been told there before.

    Args:
        vlm: the model.
        folder: of the dataset.
        limits: on what is asked.
        other: a second model that is asked (`Asker.for_model`).

    Raises:
        BuildError: the replies cannot be read or written.
        SpecError: `--max-cost` without a price.
    """
    at_once, batch = limits.calls_to(vlm)
    replies = Replies(folder)
    asker = Asker(
        vlm,
        replies,
        ledger=Ledger(limits.price, limits.caps, replies.spent()),
        pace=Pace(
            requests_per_minute=limits.requests_per_minute,
            tokens_per_minute=limits.tokens_per_minute,
        ),
        at_once=at_once,
        batch=batch,
    )
    if other is not None and other is not vlm:
        at_once, batch = limits.calls_to(other)
        asker.add_model(other, at_once=at_once, batch=batch)
    return asker
