"""Building: SceneTG run on rendered videos with a describer of dialled mistakes, once for each set of votes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from grounder.encoders import Encoder, load_encoder
from grounder.errors import DatasetError, SpecError
from scenetg.asking.limits import Limits, open_asker
from scenetg.build import build
from scenetg.engine import LocalEngine
from scenetg.line.order import Built, Order
from scenetg.line.sources import find_files
from scenetg.overrides import read_settings
from scenetg.settings import Settings
from scenetg.world import World
from scenetg.world.build import finished_seeds, read_folder, video_path
from training.truth.describer import Mistakes, SimulatedDescriber
from training.truth.sight import Sight, learn_all

VOTES = ("retrieval", "captions", "looking")
ABLATIONS: Mapping[str, tuple[str, ...]] = {
    "i retrieval": VOTES[:1],
    "ii captions": VOTES[1:2],
    "iii looking": VOTES[2:],
    "i+ii": VOTES[:2],
    "i+iii": (VOTES[0], VOTES[2]),
    "ii+iii": VOTES[1:],
    "i+ii+iii": VOTES,
}
"""Which votes are held."""


def read_votes(text: str) -> dict[str, tuple[str, ...]]:
    """Return the sets of votes that are named by commas, each by its name or its numerals; all for no text.

    Raises:
        SpecError: one is no set of votes.
    """
    asked = [part.strip() for part in text.split(",") if part.strip()] or list(ABLATIONS)
    held = {
        name: votes
        for name, votes in ABLATIONS.items()
        if name in asked or name.partition(" ")[0] in asked
    }
    if len(held) < len(set(asked)):
        raise SpecError(f"--votes {text!r} must be of these, by commas: {', '.join(ABLATIONS)}.")
    return held


@dataclass(frozen=True, slots=True, eq=False)
class Bench:
    """Rendered videos and all that is needed to build a dataset of them."""

    files: Sequence[Path]
    worlds: Mapping[Path, World]
    sight: Sight
    encoder: Encoder
    spec: str
    """Of the encoder."""
    work: Path
    """Folder in which what is decoded and asked is kept between builds and runs."""
    changes: tuple[str, ...]
    """Settings that differ, as in `whenwhat scenetg --set`."""

    def worlds_by_name(self) -> dict[str, World]:
        """Return the worlds by the path that rows name."""
        return {str(path): world for path, world in self.worlds.items()}


def open_bench(
    folder: Path, split: str, *, spec: str, work: Path, changes: Sequence[str] = ()
) -> Bench:
    """Read the rendered videos of a folder and look at all their pictures.

    Raises:
        DatasetError: the folder holds no rendered video of the split.
    """
    made = read_folder(folder)
    paths = {video_path(folder, seed).resolve(): seed for seed in finished_seeds(folder, split)}
    if not paths:
        raise DatasetError(
            f"{folder} has no rendered video of the split {split!r}. Make some with `whenwhat world`."
        )
    worlds = {path: made.world(seed) for path, seed in paths.items()}
    settings = _settings((), changes)
    sight = learn_all(
        worlds,
        rate=made.rate,
        max_pixels=settings.describe.max_pixels,
        decoder=settings.shots.decoder,
    )
    return Bench(
        find_files(list(paths)), worlds, sight, load_encoder(spec), spec, work, tuple(changes)
    )


def built_with(bench: Bench, *, rate: float, votes: Sequence[str], seed: int = 0) -> Built:
    """Build the dataset with mistakes at `rate`, drawn by `seed`, and the `votes` held.

    There are refusals only where all three votes are held.
    """
    describer = SimulatedDescriber(bench.worlds, bench.sight, Mistakes.all_at(rate), seed=seed)
    asker = open_asker(describer, bench.work, Limits())
    order = Order(
        bench.files,
        _settings(votes, bench.changes),
        bench.encoder,
        partial(load_encoder, bench.spec),
        LocalEngine(1),
        asker,
    )
    try:
        return build(bench.work, order, show=_silent).built
    finally:
        asker.close()


def _settings(votes: Sequence[str], changes: Sequence[str]) -> Settings:
    held = [f"uniqueness.{vote}={str(vote in votes).lower()}" for vote in VOTES]
    refusals = f"refusals.per_video={2 if len(votes) == len(VOTES) else 0}"
    return read_settings(changes=["questions.share=0", refusals, *held, *changes])


@contextmanager
def _silent(label: str, *, total: float, unit: str) -> Iterator[Callable[[float], None]]:
    yield lambda done: None
