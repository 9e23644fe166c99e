"""Searching 100 hours of video at one picture a second: the query's text is encoded, too.

python -m tests.benchmarks.search_100h [--hours 100] [--videos 150] [--queries 60] [--work FOLDER]
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from grounder.encoders import Encoder
from grounder.library import Chunk, Ending, Library, Plan
from grounder.span import Span
from grounder.video.decoder import Size, VideoFacts
from tests.benchmarks.measure import clip_encoder, cpu_seconds, one_thread, verdict, work_folder

NEAREST = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=100.0)
    parser.add_argument("--videos", type=int, default=150)
    parser.add_argument("--queries", type=int, default=60)
    parser.add_argument("--work", type=Path)
    args = parser.parse_args()
    one_thread()
    encoder = clip_encoder(work_folder(args.work))
    with tempfile.TemporaryDirectory() as folder, Library.open(Path(folder)) as library:
        fill(library, encoder, videos=args.videos, seconds=round(args.hours * 3600 / args.videos))
        before = time.perf_counter()
        ask(library, encoder, "the first query builds the cache")
        print(f"first query, which builds the cache: {time.perf_counter() - before:.2f} s")
        with Library.open(Path(folder)) as again:
            before = time.perf_counter()
            ask(again, encoder, "the first query of another process reads it")
            print(f"first query of a new process: {time.perf_counter() - before:.2f} s")
        costs = [
            timed(lambda i=i: ask(library, encoder, f"thing number {i} is seen"))
            for i in range(args.queries)
        ]
    wall, cpu = (sorted(1000 * value for value in values) for values in zip(*costs, strict=True))
    print(f"{args.hours:g} h in {args.videos} videos, one thread, wall-clock ms: ", end="")
    print(f"p50 {statistics.median(wall):.0f}, p95 {wall[-len(wall) // 20]:.0f}")
    held = verdict("p50 CPU ms of one query", statistics.median(cpu), at_most=100.0)
    sys.exit(0 if held else 1)


def fill(library: Library, encoder: Encoder, *, videos: int, seconds: int) -> None:
    facts = VideoFacts(float(seconds), Size(640, 360), 25.0, "h264", "mp4", False, (), False)
    random = np.random.default_rng(0)
    plan = Plan(encoder.name, encoder.dim, 1.0, "adaptive", "pyav")
    for number in range(videos):
        vectors = random.standard_normal((seconds, encoder.dim), np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        video_id = f"{number:064x}"
        library.tracks.admit(video_id, facts)
        track = library.tracks.begin(video_id, plan, {})
        times = [float(second) for second in range(seconds)]
        ending = Ending(float(seconds), (Span(0.0, float(seconds)),), ())
        library.tracks.commit(
            track, Chunk(float(seconds), float(seconds), times, [], True), vectors, ending=ending
        )


def ask(library: Library, encoder: Encoder, query: str) -> None:
    """Search once; no query is asked twice, so that none is remembered."""
    (vector,) = encoder.encode_texts([query])
    assert len(library.nearest(encoder.name, vector, NEAREST)) == NEAREST


def timed(action: Callable[[], None]) -> tuple[float, float]:
    """Return wall-clock and CPU-seconds of one call; on busy cores only the second says much."""
    wall, cpu = time.perf_counter(), cpu_seconds()
    action()
    return time.perf_counter() - wall, cpu_seconds() - cpu


if __name__ == "__main__":
    main()
