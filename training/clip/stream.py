"""Stream: batches of frames and descriptions without end; step k of a seed is always the same batch.

A batch is made of groups. Inside a group every description is true of exactly one picture, told by the
script of the world, so that the contrastive loss never calls a match a mismatch.
"""

import random
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scenetg.world import World, make_world, split_of
from scenetg.world.query import Query
from scenetg.world.render import picture, size_of
from scenetg.world.script import Scene
from training.clip.decoding import as_decoded
from training.clip.view import View, describe, empty_view, fits, view_of
from training.clip.wording import unknown_words, words_of

Picture = NDArray[np.uint8]

LEVELS = {"nano": 0.6, "easy": 0.25, "medium": 0.15}
"""Share of the worlds of each level."""
ASPECTS = (1.0, 1.0, 1.0, 4 / 3, 16 / 9)
SIDES = (64, 72, 80, 96, 128)
"""Short sides that are drawn."""
WORLD_SECONDS = 60.0
EMPTY = 0.04
"""Share of pictures without a shape."""
STRANGE = 0.5
"""Share of groups with a picture of something else, called by words that the model does not know."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Pictures with their descriptions, in order."""

    pictures: list[Picture]
    """(h, w, 3) uint8, short side as asked for."""
    texts: list[str]
    groups: list[slice]
    """Rows that are told apart."""


def batch(seed: int, step: int, *, groups: int, size: int, side: int) -> Batch:
    """Return the batch of one step.

    Args:
        seed: Of the run.
        step: From 0.
        groups: How many; all show the same scenes, at other moments and in other words.
        size: Pictures in each.
        side: Short side of the pictures in pixels.
    """
    dice = random.Random(f"clip {seed} {step}")
    scenes: list[tuple[World, Scene]] = []
    pictures: list[Picture] = []
    texts: list[str] = []
    for _ in range(groups):
        strange = int(dice.random() < STRANGE)
        for view, query in group(scenes, size - strange, dice):
            pictures.append(as_decoded(drawn(view), side, dice))
            texts.append(words_of(query, view, dice))
        for _ in range(strange):
            pictures.append(as_decoded(_something_else(dice), side, dice))
            texts.append(unknown_words(dice))
    parts = [slice(first, first + size) for first in range(0, groups * size, size)]
    return Batch(pictures, texts, parts)


def group(
    scenes: list[tuple[World, Scene]], size: int, dice: random.Random
) -> list[tuple[View, Query | None]]:
    """Return views, each with a description that is true of no other one of them.

    Args:
        scenes: To look at first; more are added when they do not suffice.
        size: How many views.
        dice: Decides all.
    """
    chosen: list[tuple[View, Query | None]] = []
    number = 0
    while len(chosen) < size:
        if number == len(scenes):
            scenes += _more_scenes(dice)
        view = _glance(*scenes[number], dice)
        query = describe(view, dice)
        if not any(fits(query, other) or fits(theirs, view) for other, theirs in chosen):
            chosen.append((view, query))
        number += 1
    return chosen


def drawn(view: View) -> Picture:
    """Draw a view; all views of one world have one size."""
    side = SIDES[view.world.seed % len(SIDES)]
    return picture(view.world, view.time, size_of(view.world, short_side=side))


def _more_scenes(dice: random.Random) -> list[tuple[World, Scene]]:
    level = dice.choices(list(LEVELS), list(LEVELS.values()))[0]
    seed, aspect = _training_seed(dice), dice.choice(ASPECTS)
    world = make_world(seed, WORLD_SECONDS, level=level, aspect=aspect)
    return [(world, scene) for scene in world.scenes]


def _glance(world: World, scene: Scene, dice: random.Random) -> View:
    view = view_of(world, scene, dice.uniform(scene.span.start, scene.span.end - 1e-3))
    return empty_view(view) if dice.random() < EMPTY else view


def _training_seed(dice: random.Random) -> int:
    while split_of(seed := dice.randrange(10_000_000)) != "train":
        pass
    return seed


def _something_else(dice: random.Random) -> Picture:
    """Draw blotches of any colours."""
    noise, cells = np.random.default_rng(dice.randrange(2**32)), dice.randint(2, 16)
    blotches = Image.fromarray(noise.integers(0, 256, (cells, cells, 3), np.uint8))
    side = dice.choice(SIDES)
    return np.asarray(blotches.resize((side, side), Image.Resampling.BICUBIC))
