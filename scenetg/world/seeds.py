"""Which seeds belong to which split: a world is in exactly one, told by its seed alone."""

import itertools
from collections.abc import Iterator

SPLITS = ("train", "validation", "test")
# Of ten consecutive seeds eight train, one validates, one tests.
_LAST_DIGIT = {8: "validation", 9: "test"}


def split_of(seed: int) -> str:
    """Return the split of a world's seed (>= 0)."""
    return _LAST_DIGIT.get(seed % 10, "train")


def seeds_of(split: str, *, start: int = 0) -> Iterator[int]:
    """Yield the seeds of a split from `start` on, rising without end."""
    if split not in SPLITS:
        raise ValueError(f"No split is called {split!r}. Known: {', '.join(SPLITS)}.")
    return (seed for seed in itertools.count(start) if split_of(seed) == split)


def seed_at(split: str, number: int) -> int:
    """Return the seed of a split at a place (>= 0): the same as counting through `seeds_of`, at once."""
    tens, place = divmod(number, sum(split_of(digit) == split for digit in range(10)))
    return 10 * tens + list(itertools.islice(seeds_of(split), place + 1))[-1]
