"""How early a video can be searched when its keyframes are indexed first.

python -m tests.benchmarks.keyframe_first [--seconds 600] [--rounds 3] [--work FOLDER]

Both figures are CPU-seconds from the start of `index_video`: until the coarse index can be searched
(its last keyframe is stored), and until the full index is done.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from grounder.encoders import Encoder
from grounder.indexing import Progress, index_video
from grounder.library import Library
from tests.benchmarks.measure import clip_encoder, cpu_seconds, one_thread, verdict, work_folder
from tests.benchmarks.motion import film

SIZES = ((640, 360), (1280, 720))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work", type=Path)
    args = parser.parse_args()
    work = work_folder(args.work)
    one_thread()
    encoder = clip_encoder(work)
    held = []
    for size in SIZES:
        path = film(work / f"film-{size[1]}-{args.seconds}.mp4", size=size, seconds=args.seconds)
        runs = [measure(path, encoder) for _ in range(args.rounds)]
        first, full = (statistics.median(figures) for figures in zip(*runs, strict=True))
        print(f"{size[0]}x{size[1]}, {args.seconds} s: first {first:.2f}, full {full:.2f}")
        held.append(verdict("first / full", first / full, at_most=0.10))
    sys.exit(0 if all(held) else 1)


def measure(path: Path, encoder: Encoder) -> tuple[float, float]:
    """Return CPU-seconds until the first and until the full index."""
    began = cpu_seconds()
    searchable: list[float] = []

    def listen(progress: Progress) -> None:
        if progress.searchable and not searchable:
            searchable.append(cpu_seconds() - began)

    with tempfile.TemporaryDirectory() as folder, Library.open(Path(folder)) as library:
        index_video(library, path, encoder=encoder, keyframes_first=True, progress=listen)
        return searchable[0], cpu_seconds() - began


if __name__ == "__main__":
    main()
