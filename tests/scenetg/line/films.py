"""Small films for the line, and what builds a dataset of them without a model."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np

from scenetg.build import Dataset, build
from scenetg.engine import Engine
from scenetg.line.order import Order
from scenetg.line.sources import find_files
from scenetg.overrides import read_settings
from tests.scenetg.line.inline import InlineEngine
from tests.tiny_encoder import TinyEncoder
from tests.video_factory import colour_video

COLOURS = ("red", "green", "blue", "white", "black", "yellow", "navy", "orange", "cyan", "magenta")
DATASET = ("candidates.jsonl", "rejected.jsonl", "manifest.json")


def film(path: Path, seed: int, *, seconds: float = 5.0, scenes: int = 8) -> Path:
    """A film of plain colours, each other than the one before it; 40 s unless told otherwise."""
    random = np.random.default_rng(seed)
    order = [COLOURS[seed % len(COLOURS)]]
    while len(order) < scenes:
        colour = COLOURS[int(random.integers(len(COLOURS)))]
        if colour != order[-1]:
            order.append(colour)
    path.parent.mkdir(parents=True, exist_ok=True)
    return colour_video(
        path, [(colour, seconds) for colour in order], size=(96, 64), rate=5, keyframe_every=10
    )


@contextmanager
def silent(label: str, *, total: float, unit: str) -> Iterator[Callable[[float], None]]:
    yield lambda done: None


def build_films(
    videos: Sequence[Path],
    out: Path,
    *changes: str,
    encoder: TinyEncoder | None = None,
    engine: Engine | None = None,
    against: Sequence[Path] = (),
    retry: bool = False,
) -> Dataset:
    used = encoder or TinyEncoder()
    order = Order(
        files=find_files(videos),
        settings=read_settings(changes=changes),
        encoder=used,
        load=partial(same, used),
        engine=engine or InlineEngine(),
    )
    return build(out, order, show=silent, against=against, retry=retry)


def same(encoder: TinyEncoder) -> TinyEncoder:
    """Load an encoder that is there; unlike a lambda, this can be sent to another process."""
    return encoder


def written(out: Path) -> dict[str, bytes]:
    """All files of a dataset that must not depend on how its work was done."""
    return {name: (out / name).read_bytes() for name in DATASET}
