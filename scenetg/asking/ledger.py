"""What asking a model costs: counted as it happens, bounded before it happens."""

import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from grounder.errors import CapReached, SpecError
from grounder.vlm import Prompt, Sampling, Text

MILLION = 1_000_000
PIXELS_PER_TOKEN = 28 * 28
"""Of the Qwen families, which turn pictures into the most tokens."""
LEAST_PER_PICTURE = 300
"""Other families charge for a small picture as for a tile of 512x512 or less."""
PER_MESSAGE = 32
"""Role and markers that a chat template adds."""


@dataclass(frozen=True, slots=True)
class Spent:
    """Requests that were answered and what they took; they add up."""

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0
    """In the currency of the price."""

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(
            self.requests + other.requests,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.cost + other.cost,
        )

    def __sub__(self, other: "Spent") -> "Spent":
        return Spent(
            self.requests - other.requests,
            self.prompt_tokens - other.prompt_tokens,
            self.completion_tokens - other.completion_tokens,
            self.cost - other.cost,
        )


@dataclass(frozen=True, slots=True)
class Price:
    """Of a million tokens, in any one currency."""

    prompt: float = 0.0
    completion: float = 0.0

    def of(self, prompt_tokens: int, completion_tokens: int) -> Spent:
        """Return one request of this many tokens."""
        cost = (prompt_tokens * self.prompt + completion_tokens * self.completion) / MILLION
        return Spent(1, prompt_tokens, completion_tokens, cost)


def read_price(text: str) -> Price:
    """Read `IN/OUT`, such as `0.15/0.60`.

    Raises:
        SpecError: it is not two amounts.
    """
    try:
        prompt, completion = map(float, text.split("/"))
    except ValueError:
        prompt = completion = math.nan
    if not (math.isfinite(prompt + completion) and min(prompt, completion) >= 0):
        raise SpecError(
            f"{text!r} is no price. Write IN/OUT per million tokens, such as 0.15/0.60."
        )
    return Price(prompt, completion)


@dataclass(frozen=True, slots=True)
class Caps:
    """What may be spent on a dataset in all, over every run; None: as much as it takes."""

    requests: int | None = None
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class Reserved:
    """What is set aside for a request until it is answered."""

    bound: int
    """Of its prompt's tokens, by our own count."""
    most: Spent


@dataclass(slots=True)
class Ledger:
    """Counts what is spent, and lets a request go out only if even its worst case stays under the caps."""

    price: Price = field(default_factory=Price)
    caps: Caps = field(default_factory=Caps)
    by_purpose: dict[str, Spent] = field(default_factory=dict)
    """What was spent, earlier runs included."""
    _on_the_way: Spent = field(default_factory=Spent)
    _excess: float = 1.0
    """How far a server's count of prompt tokens has exceeded our bound, for models that cut pictures finer."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        if self.caps.cost is not None and self.price == Price():
            raise SpecError("--max-cost needs a price. Give --price IN/OUT per million tokens.")

    @property
    def total(self) -> Spent:
        """What was spent in all."""
        return sum(self.by_purpose.values(), Spent())

    def reserve(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Reserved]:
        """Set aside the most that each request of a call can take, until it is settled.

        Raises:
            CapReached: they might cross a cap.
        """
        with self._lock:
            reserved = [self._most(prompt, sampling) for prompt in prompts]
            self._check(self.total + self._on_the_way + _sum(reserved))
            self._on_the_way += _sum(reserved)
            return reserved

    def settle(self, purpose: str, reserved: Sequence[Reserved], bills: Sequence[Spent]) -> None:
        """Book what the answered requests of a call took, in place of what was set aside for it."""
        with self._lock:
            self._on_the_way -= _sum(reserved)
            if bills:
                self.by_purpose[purpose] = sum(bills, self.by_purpose.get(purpose, Spent()))
            for one, bill in zip(reserved, bills, strict=False):
                self._excess = max(self._excess, bill.prompt_tokens / one.bound)

    def bill(self, reserved: Reserved, prompt_tokens: int, completion_tokens: int) -> Spent:
        """Return what an answered request took; a server that does not count is booked at the most."""
        if not prompt_tokens:
            return reserved.most
        return self.price.of(prompt_tokens, completion_tokens)

    def _most(self, prompt: Prompt, sampling: Sampling) -> Reserved:
        bound = most_tokens(prompt)
        return Reserved(bound, self.price.of(math.ceil(bound * self._excess), sampling.max_tokens))

    def _check(self, then: Spent) -> None:
        caps, done = self.caps, self.total
        told = f"{done.requests} answered, {self._on_the_way.requests} on the way, cost {done.cost:.4f}"
        if caps.requests is not None and then.requests > caps.requests:
            _stop(f"--max-requests {caps.requests} is reached ({told})", "--max-requests")
        if caps.cost is not None and then.cost > caps.cost:
            _stop(f"the next request might cross --max-cost {caps.cost:g} ({told})", "--max-cost")


def ledger_rows(by_purpose: Mapping[str, Spent]) -> list[dict[str, object]]:
    """Return the ledger as JSON objects, one a purpose."""
    return [
        {
            "purpose": purpose,
            "requests": spent.requests,
            "prompt_tokens": spent.prompt_tokens,
            "completion_tokens": spent.completion_tokens,
            "cost": round(spent.cost, 6),
        }
        for purpose, spent in sorted(by_purpose.items())
    ]


def most_tokens(prompt: Prompt) -> int:
    """Return a bound of a prompt's tokens: a token of text stands for a byte or more."""
    tokens = PER_MESSAGE * (len(prompt) + 1)
    for part in (part for message in prompt for part in message.parts):
        if isinstance(part, Text):
            tokens += len(part.text.encode(errors="replace"))
            continue
        height, width = part.frames.images.shape[1:3]
        shown = min(height * width, part.max_pixels)
        # A time, at most 32 bytes, is written before each picture.
        each = max(LEAST_PER_PICTURE, math.ceil(shown / PIXELS_PER_TOKEN)) + 32
        tokens += len(part.frames) * each
    return tokens


def _sum(reserved: Sequence[Reserved]) -> Spent:
    return sum((one.most for one in reserved), Spent())


def _stop(why: str, option: str) -> None:
    raise CapReached(
        f"Stopped: {why}. All replies are kept: run the same command with a higher {option} to go on from here."
    )
