"""How long asking about many short videos takes, one by one and several at once, of a server that is slow but wide.

python -m tests.benchmarks.scenetg_asking [--videos 12] [--latency 0.2] [--concurrency 8]
"""

import argparse
import tempfile
import time
from pathlib import Path

from grounder.vlm import load_vlm
from scenetg.asking import several
from scenetg.asking.limits import Limits, open_asker
from scenetg.build import build
from scenetg.line.order import Order
from scenetg.line.sources import find_files
from scenetg.overrides import read_settings
from tests.scenetg.line.asking import CHANGES
from tests.scenetg.line.films import silent
from tests.scenetg.line.inline import InlineEngine
from tests.scenetg.line.seeing_server import seeing_server
from tests.scenetg.queries.stage import PALETTE, ColourEncoder
from tests.video_factory import colour_video


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--videos", type=int, default=12)
    parser.add_argument("--latency", type=float, default=0.2)
    parser.add_argument("--concurrency", type=int, default=8)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        videos = Path(folder) / "videos"
        videos.mkdir()
        for number in range(args.videos):
            colours = [PALETTE[(number + 3 * scene) % len(PALETTE)] for scene in range(5)]
            # Of other lengths, or two films might be one.
            scenes = [(colour, 4.0 + number / 8) for colour in colours]
            colour_video(videos / f"{number}.mp4", scenes, size=(64, 48), rate=8)
        for most in (1, several.MOST):
            several.MOST = most
            out = Path(folder) / f"{most}"
            seconds, requests = timed(videos, out, args.latency, args.concurrency)
            print(f"{most} videos at once: {seconds:.1f} s for {requests} requests")


def timed(videos: Path, out: Path, latency: float, concurrency: int) -> tuple[float, int]:
    with seeing_server(latency) as server:
        asker = open_asker(load_vlm(f"openai:seer@{server.url}"), out, Limits(concurrency))
        encoder = ColourEncoder()
        order = Order(find_files([videos]), read_settings(changes=CHANGES), encoder, ColourEncoder, InlineEngine(), asker)  # fmt: skip
        began = time.perf_counter()
        build(out, order, show=silent)
        seconds = time.perf_counter() - began
        asker.close()
        return seconds, len(server.served)


if __name__ == "__main__":
    main()
