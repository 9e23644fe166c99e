"""Builds a dataset in a process of its own and, if told to, dies on the way as if by kill -9.

python -m tests.scenetg.line.building VIDEOS OUT [--die COMMIT] [--workers N] [--pause SECONDS] [--limit BYTES] [--ray ADDRESS]
"""

import argparse
import functools
import os
import resource
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from grounder.errors import WhenwhatError
from scenetg.build import build
from scenetg.engine import Engine, LocalEngine, open_engine
from scenetg.line.order import Order
from scenetg.line.sources import find_files
from scenetg.settings import Settings
from scenetg.store.database import Database
from tests.scenetg.line.films import silent
from tests.scenetg.line.inline import InlineEngine
from tests.tiny_encoder import TinyEncoder


def die_at(commit: int) -> None:
    """Kill this process right after its nth commit; a negative number: within that transaction."""
    inner = Database.transaction
    left = abs(commit)

    @contextmanager
    def transaction(self: Database) -> Iterator[sqlite3.Connection]:
        nonlocal left
        left -= 1
        with inner(self) as connection:
            yield connection
            if left == 0 and commit < 0:
                os.kill(os.getpid(), signal.SIGKILL)
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    Database.transaction = transaction  # type: ignore[method-assign]  # this process is about to die


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("videos", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--die", type=int)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--pause", type=float, default=0.0)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--ray")
    args = parser.parse_args()
    if args.die:
        die_at(args.die)
    if args.limit:
        signal.signal(
            signal.SIGXFSZ, signal.SIG_IGN
        )  # a write over the limit fails, it does not kill
        resource.setrlimit(resource.RLIMIT_FSIZE, (args.limit, args.limit))
    load = functools.partial(TinyEncoder, pause=args.pause)
    try:
        with engine_of(args) as engine:
            order = Order(find_files([args.videos]), Settings(), load(), load, engine)
            build(args.out, order, show=silent)
    except WhenwhatError as error:
        sys.exit(f"{type(error).__name__}: {error}")


def engine_of(args: argparse.Namespace) -> AbstractContextManager[Engine]:
    if args.ray:
        return open_engine("ray", 1, address=args.ray)
    return nullcontext(LocalEngine(args.workers) if args.workers else InlineEngine())


if __name__ == "__main__":
    main()
