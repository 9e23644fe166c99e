"""One training run: steps, their schedule, and a state on disk that a killed run goes on from."""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from grounder.encoders.clip_model import FOLDER_WEIGHTS
from grounder.encoders.pictures import squares
from grounder.errors import SpecError
from grounder.writing import replacing
from training.clip.model import PREPROCESS, new_model, new_tokenizer, save_model
from training.clip.stream import Batch, batch

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

STATE = "training.pt"
WARMUP = 0.05
"""Share of the steps in which the rate rises; then it falls to 0 along a cosine."""
MOST_SCALE = math.log(100)
"""Radford et al. 2021, section 2.5."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What decides a run, to the last bit on one machine with one number of threads."""

    steps: int
    seed: int = 0
    groups: int = 1
    """Of pictures in a step."""
    size: int = 24
    """Pictures in a group."""
    rate: float = 1e-3
    """Highest learning rate."""
    decay: float = 0.05
    """Of matrices; AdamW."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one step came to."""

    number: int
    """From 1."""
    loss: float
    right: float
    """Share of pictures whose own description is nearest, among those of the group."""


class Run:
    """A model in training."""

    def __init__(self, settings: Settings) -> None:
        """Start anew."""
        from torch.optim import AdamW

        self.settings = settings
        self.done = 0
        self.model: Any = new_model(settings.seed).train()
        self.tokenize = new_tokenizer()
        matrices = [weight for weight in self.model.parameters() if weight.ndim >= 2]
        others = [weight for weight in self.model.parameters() if weight.ndim < 2]
        self.optimizer = AdamW(
            [
                {"params": matrices, "weight_decay": settings.decay},
                {"params": others, "weight_decay": 0.0},
            ],
            betas=(0.9, 0.98),
            eps=1e-6,
        )

    def step(self) -> Step:
        """Learn from one batch."""
        import torch

        asked, side = self.settings, self.model.visual.image_size
        shown = batch(asked.seed, self.done, groups=asked.groups, size=asked.size, side=side)
        for part in self.optimizer.param_groups:
            part["lr"] = asked.rate * schedule(self.done, asked.steps)
        images, texts, scale = self.model(
            scaled(squares(shown.pictures, side, fit="squash")), self.tokenize(shown.texts)
        )
        loss, right = contrast(images, texts, scale, shown)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        with torch.no_grad():
            self.model.logit_scale.clamp_(0, MOST_SCALE)
        self.done += 1
        return Step(self.done, loss.item(), right)

    def save_state(self, folder: Path) -> None:
        """Write all that a later process needs to go on."""
        import torch

        folder.mkdir(parents=True, exist_ok=True)
        state = {
            "settings": asdict(self.settings),
            "done": self.done,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }
        with replacing(folder / STATE) as part:
            torch.save(state, part)

    def load_state(self, folder: Path) -> None:
        """Go on where the run in `folder` stopped, if there is one.

        Raises:
            SpecError: it is a run of other settings, or it is finished.
        """
        import torch

        if (folder / FOLDER_WEIGHTS[0]).is_file():
            raise SpecError(f"{folder} holds finished weights. Name another folder with --output.")
        if not (folder / STATE).is_file():
            return
        state = torch.load(folder / STATE, weights_only=True)
        if state["settings"] != asdict(self.settings):
            raise SpecError(
                f"{folder} holds a run with {state['settings']}, not {asdict(self.settings)}. "
                "Ask for the same, or name another folder with --output."
            )
        self.done = state["done"]
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])


def train(
    settings: Settings,
    folder: Path,
    *,
    keep_every: int = 100,
    told: Callable[[Step], None] = lambda step: None,
) -> None:
    """Train, or go on training, and leave a folder for `open_clip:local-dir:FOLDER`.

    Args:
        settings: Of the run.
        folder: Made if need be; holds `training.pt` until the weights are there.
        keep_every: Steps from one state on disk to the next.
        told: Hears of every step.

    Raises:
        SpecError: `folder` holds another run, or finished weights.
    """
    run = Run(settings)
    run.load_state(folder)
    while run.done < settings.steps:
        told(run.step())
        if run.done % keep_every == 0:
            run.save_state(folder)
    save_model(run.model.eval(), run.tokenize, folder)
    (folder / STATE).unlink(missing_ok=True)


def schedule(step: int, steps: int) -> float:
    """Return the part of the highest rate at `step` (from 0), in (0, 1]."""
    rising = max(1, round(WARMUP * steps))
    if step < rising:
        return (step + 1) / rising
    return 0.5 * (1 + math.cos(math.pi * (step - rising) / max(1, steps - rising)))


def scaled(pixels: "Tensor") -> "Tensor":
    """Return uint8 pictures as the model is shown them."""
    import torch

    mean, std = (
        torch.tensor(cast("tuple[float, ...]", PREPROCESS[name])).view(1, 3, 1, 1)
        for name in ("mean", "std")
    )
    return (pixels.float() / 255 - mean) / std


def contrast(
    images: "Tensor", texts: "Tensor", scale: "Tensor", shown: Batch
) -> "tuple[Tensor, float]":
    """Return the mean of CLIP's loss over the groups, and the share of pictures told right."""
    import torch
    from open_clip import ClipLoss

    loss_of: Module = ClipLoss()
    losses = torch.stack([loss_of(images[rows], texts[rows], scale) for rows in shown.groups])
    with torch.no_grad():
        hits = [
            (images[rows] @ texts[rows].T).argmax(1) == torch.arange(len(images[rows]))
            for rows in shown.groups
        ]
    return losses.mean(), torch.cat(hits).float().mean().item()
