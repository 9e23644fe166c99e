"""Indexes one video in a process of its own and, if told to, dies on the way as if by kill -9.

python -m tests.indexing_process LIBRARY VIDEO [--die EVENT:N] [--limit BYTES] [--pause SECONDS] …
"""

import argparse
import os
import resource
import signal
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from grounder.errors import LibraryError
from grounder.indexing import Progress, index_video
from grounder.library import Chunk, Ending, Library, TrackRow
from grounder.library.tracks import Tracks
from tests.tiny_encoder import TinyEncoder

EVENTS = ("picture", "append", "chunk")
"""Die after the nth picture was taken, array was written (SQLite does not know yet), chunk was stored."""


class Death:
    """Kills this process at the nth occurrence of one event."""

    def __init__(self, order: str | None) -> None:
        event, _, count = (order or "never:0").partition(":")
        self.event = event
        self.remaining = int(count)

    def comes(self, event: str) -> None:
        if event == self.event:
            self.remaining -= 1
            if self.remaining == 0:
                os.kill(os.getpid(), signal.SIGKILL)


class MortalTracks(Tracks):
    """Tracks that may die between the arrays and SQLite, and after SQLite."""

    death: Death

    def commit(
        self,
        track: TrackRow,
        chunk: Chunk,
        vectors: NDArray[np.float32],
        *,
        ending: Ending | None = None,
    ) -> TrackRow:
        if self.death.event == "append":
            self.arrays(track).append(track.rows, vectors, chunk.times)
            self.death.comes("append")
        stored = super().commit(track, chunk, vectors, ending=ending)
        self.death.comes("chunk")
        return stored


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("library", type=Path)
    parser.add_argument("video", type=Path)
    parser.add_argument("--die")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--pause", type=float, default=0.0)
    parser.add_argument("--dim", type=int, default=16)
    parser.add_argument("--rate", type=float)
    parser.add_argument("--keyframes-first", action="store_true")
    args = parser.parse_args()
    death = Death(args.die)
    library = Library.open(args.library)
    MortalTracks.death = death
    library.tracks = MortalTracks(library._database)
    encoder = TinyEncoder(dim=args.dim, pause=args.pause)

    def listen(progress: Progress) -> None:
        if progress.stage == "waiting":
            say("waiting")
        death.comes("picture")

    if args.limit is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (args.limit, args.limit))
    try:
        index_video(
            library,
            args.video,
            encoder=encoder,
            rate=args.rate,
            keyframes_first=args.keyframes_first,
            progress=listen,
        )
    except LibraryError as error:
        say(f"{type(error).__name__}: {error}")
        raise SystemExit(1) from None
    say(f"pictures {encoder.pictures}")


if __name__ == "__main__":
    main()
