"""Builds a dataset with a model in a process of its own, noting each prompt; it may die after the nth reply.

python -m tests.scenetg.line.asking VIDEOS OUT LOG [--die REPLY] [--copies N]
"""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from grounder.ground.vlm import VlmGrounder
from grounder.vlm import Completion, Prompt, Sampling
from scenetg.asking.limits import Limits, open_asker
from scenetg.asking.replies import Replies, reply_key
from scenetg.build import build
from scenetg.line.order import Order
from scenetg.line.sources import find_files
from scenetg.overrides import read_settings
from tests.scenetg.line.films import silent
from tests.scenetg.line.inline import InlineEngine
from tests.scenetg.queries.stage import ColourEncoder, Seer

CHANGES = ("probe.shortest=10", "duplicates.most=1.1", "roundtrip.rollouts=2", "scenes.share=0.3")


class LoggedSeer(Seer):
    """Notes what it is asked."""

    def __init__(self, log: Path) -> None:
        super().__init__()
        self._log = log

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Completion]:
        with self._log.open("a") as log:
            log.writelines(reply_key(self.name, prompt, sampling) + "\n" for prompt in prompts)
        return super().generate(prompts, sampling)


def die_after(replies: int) -> None:
    """Kill this process once so many calls' replies are stored."""
    inner, left = Replies.store, replies

    def store(self: Replies, *args: object, **kwargs: object) -> None:
        nonlocal left
        inner(self, *args, **kwargs)  # type: ignore[arg-type]  # handed on as they came
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    Replies.store = store  # type: ignore[assignment]  # this process is about to die


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("videos", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("log", type=Path)
    parser.add_argument("--die", type=int)
    parser.add_argument("--copies", type=int, default=1)
    args = parser.parse_args()
    if args.die:
        die_after(args.die)
    make(args.videos, args.out, LoggedSeer(args.log), copies=args.copies)


def make(videos: Path, out: Path, seer: Seer, *, parquet: bool = False, copies: int = 1) -> None:
    asker = open_asker(seer, out, Limits(concurrency=1, copies=copies))
    order = Order(
        find_files([videos]),
        read_settings(changes=CHANGES),
        ColourEncoder(),
        ColourEncoder,
        InlineEngine(),
        asker,
        VlmGrounder(seer),
    )
    try:
        build(out, order, show=silent, parquet=parquet)
    finally:
        asker.close()


if __name__ == "__main__":
    sys.exit(main())
