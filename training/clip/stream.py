"""Stream: batches of frames and descriptions without end; step k of a seed is always the same batch.

A batch is made of groups. Inside a group every description is true of exactly one picture, told by the
script of the world, so that the contrastive loss never calls a match a mismatch.
"""

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scenetg.world import make_world, split_of
from scenetg.world.query import Query
from scenetg.world.render import picture, size_of
from training.clip.decoding import compressed, off
from training.clip.view import View, describe, empty_view, fits, view_of
from training.clip.wording import unknown_words, words_of

Picture = NDArray[np.uint8]

LEVELS = {"nano": 0.7, "easy": 0.2, "medium": 0.1}
"""Share of the worlds of each level."""
ASPECTS = (1.0, 1.0, 1.0, 4 / 3, 16 / 9)
SIDES = (64, 72, 80, 96, 128)
"""Short sides that are drawn."""
WORLD_SECONDS = 60.0
EMPTY = 0.04
"""Share of pictures without a shape."""
STRANGE = 0.5
"""Share of groups with a picture of something else, called by words that the model does not know."""


REEL_PICTURES = 288
USES = 3
"""Drawing costs more than learning: each picture serves so often, in other groups and words."""
PATIENCE = 20
"""Times a reel is looked through for one more picture."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Pictures with their descriptions, in order."""

    pictures: list[Picture]
    """(h, w, 3) uint8, short side as asked for."""
    texts: list[str]
    groups: list[slice]
    """Rows that are told apart."""


@dataclass(frozen=True, slots=True)
class Shot:
    """A view and its picture."""

    view: View
    picture: Picture


def batch(seed: int, step: int, *, groups: int, size: int, side: int) -> Batch:
    """Return the batch of one step.

    Args:
        seed: Of the run.
        step: From 0.
        groups: How many.
        size: The most pictures in each.
        side: Short side of the pictures in pixels.
    """
    dice = random.Random(f"clip {seed} {step}")
    steps = max(1, USES * REEL_PICTURES // (groups * size))
    shots = reel(seed, step // steps, side)
    pictures: list[Picture] = []
    texts: list[str] = []
    parts: list[slice] = []
    for _ in range(groups):
        strange = int(dice.random() < STRANGE)
        first = len(texts)
        for shot, query in group(shots, size - strange, dice):
            pictures.append(off(shot.picture, dice))
            texts.append(words_of(query, shot.view, dice))
        for _ in range(strange):
            pictures.append(compressed(_something_else(dice), side, dice))
            texts.append(unknown_words(dice))
        parts.append(slice(first, len(texts)))
    return Batch(pictures, texts, parts)


@lru_cache(maxsize=1)
def reel(seed: int, number: int, side: int) -> tuple[Shot, ...]:
    """Return the pictures that some steps of a run are made from, short side `side` pixels."""
    dice = random.Random(f"clip reel {seed} {number}")
    views = itertools.islice(_views(dice), REEL_PICTURES)
    return tuple(Shot(view, compressed(drawn(view), side, dice)) for view in views)


def group(shots: Sequence[Shot], size: int, dice: random.Random) -> list[tuple[Shot, Query | None]]:
    """Return at most `size` shots, each with a description that is true of no other one of them.

    Fewer come back when the shots have no more that can be told apart.
    """
    chosen: list[tuple[Shot, Query | None]] = []
    for shot in _shuffled(shots, dice):
        query = describe(shot.view, dice)
        if not any(fits(query, other.view) or fits(theirs, shot.view) for other, theirs in chosen):
            chosen.append((shot, query))
        if len(chosen) == size:
            break
    return chosen


def drawn(view: View) -> Picture:
    """Draw a view; all views of one world have one size."""
    side = SIDES[view.world.seed % len(SIDES)]
    return picture(view.world, view.time, size_of(view.world, short_side=side))


def _shuffled(shots: Sequence[Shot], dice: random.Random) -> Iterator[Shot]:
    for _ in range(PATIENCE):
        yield from dice.sample(shots, len(shots))


def _views(dice: random.Random) -> Iterator[View]:
    while True:
        level = dice.choices(list(LEVELS), list(LEVELS.values()))[0]
        seed, aspect = _training_seed(dice), dice.choice(ASPECTS)
        world = make_world(seed, WORLD_SECONDS, level=level, aspect=aspect)
        for scene in world.scenes:
            view = view_of(world, scene, dice.uniform(scene.span.start, scene.span.end - 1e-3))
            yield empty_view(view) if dice.random() < EMPTY else view


def _training_seed(dice: random.Random) -> int:
    while split_of(seed := dice.randrange(10_000_000)) != "train":
        pass
    return seed


def _something_else(dice: random.Random) -> Picture:
    """Draw blotches of any colours."""
    noise, cells = np.random.default_rng(dice.randrange(2**32)), dice.randint(2, 16)
    blotches = Image.fromarray(noise.integers(0, 256, (cells, cells, 3), np.uint8))
    side = dice.choice(SIDES)
    return np.array(blotches.resize((side, side), Image.Resampling.BICUBIC))
