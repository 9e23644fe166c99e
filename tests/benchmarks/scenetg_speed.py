"""Building datasets: hours of video per hour of the visual stages, workers, and similarity at scale.

python -m tests.benchmarks.scenetg_speed [--videos FOLDER] [--seconds 120] [--films 4] [--scenes 100000] [--work FOLDER]

visual       the line without a model over films of moving shapes (or the videos of FOLDER), with `conse`, by one
             worker and by two. CPU-seconds are those of all processes: on a machine shared with others they tell
             what wall time cannot, and two workers that cost no more of them halve the time of two free cores.
similarity   the nearest other scene of each of 100,000, and all pairs above 0.9: seconds, and memory at its peak
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from grounder.encoders import load_encoder
from scenetg.build import build
from scenetg.engine import LocalEngine
from scenetg.line.order import Order
from scenetg.line.sources import find_files
from scenetg.settings import Settings
from scenetg.visual.similarity import alike, nearest_apart
from tests.benchmarks.measure import (
    added_memory,
    cpu_seconds,
    one_thread,
    verdict,
    work_folder,
)
from tests.benchmarks.motion import film

DIM = 395  # of conse
ALIKE = 0.9


@dataclass(frozen=True)
class Cost:
    hours: float  # of video
    wall: float
    cpu: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--videos", type=Path)
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--films", type=int, default=4)
    parser.add_argument("--scenes", type=int, default=100_000)
    parser.add_argument("--work", type=Path)
    args = parser.parse_args()
    one_thread()
    similarity(args.scenes)
    work = work_folder(args.work)
    videos = [args.videos] if args.videos else films(work, args.films, args.seconds)
    one, two = visual(videos, 1), visual(videos, 2)
    for workers, cost in ((1, one), (2, two)):
        print(
            f"{workers} worker(s): {cost.hours:.3f} h of video in {cost.wall:.0f} s, {cost.cpu:.0f} "
            f"CPU-s: {3600 * cost.hours / cost.wall:.1f} hours per hour, "
            f"{3600 * cost.hours / cost.cpu:.1f} per CPU-hour"
        )
    scaled = verdict("speed of 2 workers / 1, by the clock", one.wall / two.wall, at_least=1.7)
    spare = verdict("speed of 2 workers / 1, by CPU-seconds", 2 * one.cpu / two.cpu, at_least=1.7)
    sys.exit(0 if scaled and spare else 1)


def films(work: Path, count: int, seconds: int) -> list[Path]:
    """Render films of moving shapes; a second more each, for files of the same bytes would be taken once."""
    lengths = range(seconds, seconds + count)
    return [
        film(work / f"film-{length}.mp4", size=(640, 360), seconds=length) for length in lengths
    ]


def visual(videos: list[Path], workers: int) -> Cost:
    """Build the candidates of all videos from nothing; loading the encoder is part of it."""
    out = Path(tempfile.mkdtemp(prefix="scenetg-"))
    order = Order(
        find_files(videos),
        Settings(),
        load_encoder("conse"),
        partial(load_encoder, "conse"),
        LocalEngine(workers),
    )
    cpu, began = cpu_seconds(), time.perf_counter()
    built = build(out, order, show=silent).built
    cost = Cost(
        sum(built.durations.values()) / 3600, time.perf_counter() - began, cpu_seconds() - cpu
    )
    shutil.rmtree(out)
    return cost


def similarity(count: int) -> None:
    """Search scenes that come in threes: near copies of one another."""
    random = np.random.default_rng(0)
    centres = random.normal(size=(count // 3 + 1, DIM)).astype(np.float32)
    vectors = np.repeat(centres, 3, axis=0)[:count]
    vectors += 0.2 * random.normal(size=vectors.shape).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    random.shuffle(vectors)
    held = vectors.nbytes / 2**20
    added = added_memory(lambda: search(vectors))
    square = count**2 * 4 / 2**20
    print(
        f"memory added at the peak: {added:.0f} MiB to the {held:.0f} of the vectors; "
        f"a quadratic matrix has {square:.0f} MiB"
    )


def search(vectors: NDArray[np.float32]) -> None:
    cpu, began = cpu_seconds(), time.perf_counter()
    cosines, _ = nearest_apart(vectors)
    print(
        f"nearest other of {len(vectors)} scenes: {time.perf_counter() - began:.0f} s, "
        f"{cpu_seconds() - cpu:.0f} CPU-s; {np.mean(cosines > ALIKE):.0%} have one above {ALIKE}"
    )
    cpu, began = cpu_seconds(), time.perf_counter()
    pairs = sum(len(found) for _, found, _ in alike(vectors, ALIKE))
    print(
        f"all pairs above {ALIKE}: {pairs} in {time.perf_counter() - began:.0f} s, "
        f"{cpu_seconds() - cpu:.0f} CPU-s"
    )


@contextmanager
def silent(label: str, *, total: float, unit: str) -> Iterator[Callable[[float], None]]:
    yield lambda done: None


if __name__ == "__main__":
    main()
