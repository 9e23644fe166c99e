"""Limits: what the user allows in asking a model, and the asker that keeps to them."""

from dataclasses import dataclass, field
from pathlib import Path

from grounder.vlm import VLM
from scenetg.asking.asker import Asker
from scenetg.asking.ledger import Caps, Ledger, Price
from scenetg.asking.pace import Pace
from scenetg.asking.replies import Replies

SERVER = "openai:"
"""Specs of models that run elsewhere, and batch what comes at once by themselves."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one run; 0 and None: no limit."""

    concurrency: int = 4
    """Requests on the way to a server at one time, or prompts of one call to a model in this process."""
    requests_per_minute: float = 0.0
    tokens_per_minute: float = 0.0
    price: Price = field(default_factory=Price)
    caps: Caps = field(default_factory=Caps)


def open_asker(vlm: VLM, folder: Path, limits: Limits) -> Asker:
    """Return what asks `vlm` for the dataset in `folder`, with all it has been told there before.

    Raises:
        BuildError: the replies cannot be read or written.
        SpecError: `--max-cost` without a price.
    """
    elsewhere = vlm.name.startswith(SERVER)
    replies = Replies(folder)
    return Asker(
        vlm,
        replies,
        ledger=Ledger(limits.price, limits.caps, replies.spent()),
        pace=Pace(
            requests_per_minute=limits.requests_per_minute,
            tokens_per_minute=limits.tokens_per_minute,
        ),
        at_once=limits.concurrency if elsewhere else 1,
        batch=1 if elsewhere else limits.concurrency,
    )
