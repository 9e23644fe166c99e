"""First stage: the vision tower learns to name what two pictures show, in the language model's own words.

Its output for a pair of pictures is scored against the embeddings of colour, shape and action words, so that
what it sees already stands where the language model looks for those words. Learned through the language model
alone, colours were still confused after minutes; by classification all three are right in about four.
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from grounder.video.decoder import Size as PictureSize
from grounder.vlm.inputs import AS_THEY_ARE
from scenetg.world import LEVELS, World, make_world
from scenetg.world.seeds import seeds_of
from training.nano.model import SIDE

LEVEL = replace(LEVELS["nano"], grid=2.0, scene_seconds=(2.0, 12.0), phase_seconds=2.0)
"""Everything begins and ends between two pairs of pictures at one a second, so a pair shows one thing."""
SECONDS = 30.0
NOISE = 8.0
"""Standard deviation of the noise on pixels of 0 to 255: about what H.264 does to small pictures."""
SCALE = 0.15
"""Root mean square of the output in the end; that of the word embeddings is 0.05."""


class Told(Protocol):
    """Is told how training goes."""

    def __call__(self, step: int, loss: float, right: tuple[float, ...]) -> None:
        """Hear of a step: its loss, and the share of right colours, shapes and actions."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How the stage is run."""

    steps: int = 2600
    videos: int = 8
    """A step; 15 pairs of pictures each."""
    rate: float = 2e-3
    pool: int = 3000
    """Rendered videos kept to draw from; each step renders some anew in the place of the oldest."""
    fresh: int = 4
    """Of them, a step."""


@dataclass(frozen=True, slots=True, eq=False)
class Named:
    """A rendered video and, for each pair of its pictures, which words are true."""

    images: NDArray[np.uint8]
    """(n, SIDE, SIDE, 3)."""
    answers: NDArray[np.int64]
    """(n / 2, 3): places in the lists of colours, shapes and actions."""


def named(world: World) -> Named:
    """Render a world of one shape a scene, two pictures every two seconds."""
    times = np.arange(int(world.duration), dtype=float)
    images = world.frames(list(times), size=PictureSize(SIDE, SIDE)).images
    level = world.level
    answers = np.zeros((len(times) // 2, 3), np.int64)
    for scene in world.scenes:
        actor = scene.actors[0]
        answers[int(scene.span.start) // 2 : int(scene.span.end) // 2] = (
            level.colours.index(actor.thing.colour),
            level.shapes.index(actor.thing.shape),
            level.actions.index(actor.phases[0].action),
        )
    return Named(images, answers)


def learn_to_see(
    model: Any,
    processor: Any,
    settings: Settings,
    *,
    seed: int,
    told: Told,
) -> None:
    """Train the vision tower of a new model, and scale its output to what the language model is used to.

    Args:
        model: a Qwen3-VL with random weights; its word embeddings are read and stay as they are.
        processor: its own.
        settings: how long.
        seed: of worlds and noise.
        told: is told how it goes.
    """
    visual = model.model.visual
    words = [_directions(model, processor, names) for names in _names()]
    sharpness = nn.Parameter(torch.tensor(3.0))
    weights = [*visual.parameters(), sharpness]
    optimizer = torch.optim.AdamW(weights, lr=settings.rate, weight_decay=0.01)
    pool, dice = Pool(settings.pool, seed), np.random.default_rng(seed)
    for step in range(settings.steps):
        for group in optimizer.param_groups:
            group["lr"] = settings.rate * _share(step, settings.steps)
        videos = pool.draw(settings.videos, settings.fresh)
        answers = torch.from_numpy(np.concatenate([one.answers for one in videos]))
        seen = _seen(visual, processor, [_noisy(one.images, dice) for one in videos])
        losses = [
            nn.functional.cross_entropy(sharpness * seen @ word.T, answers[:, kind])
            for kind, word in enumerate(words)
        ]
        loss: Tensor = sum(losses, torch.zeros(()))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call] # torch leaves it untyped
        nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        told(step + 1, float(loss.detach()), _right(seen, words, answers))
    _rescale(visual, float(seen.detach().pow(2).mean().sqrt()))


class Pool:
    """Videos to draw from, the oldest given up for new ones."""

    def __init__(self, size: int, seed: int) -> None:
        """Hold at most `size` videos; `seed` decides which worlds, and what is drawn."""
        self._videos: deque[Named] = deque(maxlen=size)
        self._seeds = seeds_of("train", start=seed * 10**7)
        self._dice = np.random.default_rng([seed, 1])

    def draw(self, count: int, fresh: int) -> list[Named]:
        """Add `fresh` new videos and return `count` of all."""
        for seed in islice(self._seeds, fresh):
            self._videos.append(named(make_world(seed, SECONDS, level=LEVEL)))
        places = self._dice.integers(0, len(self._videos), count)
        return [self._videos[place] for place in places]


def _names() -> tuple[tuple[str, ...], ...]:
    """Return the words told apart: of an action the last one (`still`, `left`), which no other has."""
    actions = tuple(action.split()[-1] for action in LEVEL.actions)
    return LEVEL.colours, LEVEL.shapes, actions


def _directions(model: Any, processor: Any, names: Sequence[str]) -> Tensor:
    """Return the unit vectors of words in the language model, (words, width)."""
    ids = [processor.tokenizer.encode(f" {name}", add_special_tokens=False) for name in names]
    rows: Tensor = model.get_input_embeddings().weight[[one for (one,) in ids]].detach()
    return nn.functional.normalize(rows, dim=1)


def _noisy(images: NDArray[np.uint8], dice: np.random.Generator) -> NDArray[np.uint8]:
    noise = NOISE * dice.standard_normal(images.shape, dtype=np.float32)
    return np.clip(images + noise, 0, 255).astype(np.uint8)


def _seen(visual: nn.Module, processor: Any, videos: Sequence[NDArray[np.uint8]]) -> Tensor:
    """Return the tower's output for each pair of pictures, (pairs, width)."""
    clips = [torch.from_numpy(np.moveaxis(video, 3, 1).copy()) for video in videos]
    inputs = processor.video_processor(videos=clips, return_tensors="pt", **AS_THEY_ARE)
    output: Tensor = visual(inputs["pixel_values_videos"], inputs["video_grid_thw"]).pooler_output
    return output


def _right(seen: Tensor, words: Sequence[Tensor], answers: Tensor) -> tuple[float, ...]:
    guesses = [(seen.detach() @ word.T).argmax(1) for word in words]
    return tuple(
        float((guess == answers[:, kind]).float().mean()) for kind, guess in enumerate(guesses)
    )


def _share(step: int, steps: int) -> float:
    """Return the part of the full rate: a short rise, then half a cosine down to 3%."""
    rise = min(1.0, (step + 1) / 50)
    return rise * (0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * step / steps)))


def _rescale(visual: Any, size: float) -> None:
    """Bring the output down to `SCALE`: word embeddings are small, and what is loud drowns them."""
    last = visual.merger.linear_fc2
    with torch.no_grad():
        for weights in (last.weight, last.bias):
            weights *= SCALE / size
