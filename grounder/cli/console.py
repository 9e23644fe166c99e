"""What every subcommand shares when it talks: exit codes, stdout for results, stderr for people."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from grounder.errors import SpecError, WhenwhatError

if TYPE_CHECKING:
    from rich.console import Console

EXIT_OK = 0
EXIT_ERROR = 1
EXIT_USAGE = 2  # typer's own code for a wrong command line
EXIT_NOT_FOUND = 3
EXIT_STOPPED = 130  # a shell's code for what Ctrl-C ended


def exit_code(error: WhenwhatError) -> int:
    """Return the code a command ends with that this error stopped: a name that means nothing is usage."""
    return EXIT_USAGE if isinstance(error, SpecError) else EXIT_ERROR


@cache
def stderr() -> "Console":
    """Return the console for progress, hints, warnings and errors; results go to stdout."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


@cache
def stdout() -> "Console":
    """Return the console for results that people read."""
    from rich.console import Console

    return Console(highlight=False)


def printable(text: str, *, rows: bool = True) -> str:
    """Return `text` with control characters replaced: file names and subtitles are untrusted.

    Without `rows` line breaks and tabs are, too: a name could pose as a row of its own.
    """
    kept = "\n\t" if rows else ""
    return "".join(c if c.isprintable() or c in kept else "\N{REPLACEMENT CHARACTER}" for c in text)


def print_error(message: str) -> None:
    """Print one red message on stderr."""
    stderr().print(printable(f"error: {message}"), style="red", markup=False, soft_wrap=True)


def print_warning(message: str) -> None:
    """Print one yellow message on stderr."""
    stderr().print(printable(f"warning: {message}"), style="yellow", markup=False, soft_wrap=True)


def print_note(message: str) -> None:
    """Print one dim line on stderr: what is being done, which model was taken."""
    stderr().print(printable(message), style="dim", markup=False, soft_wrap=True)


@contextmanager
def stoppable(run: Callable[[], str | None] = lambda: None) -> Iterator[None]:
    """Turn Ctrl-C into one line that says how to go on: finished work is kept.

    `run` tells what follows `--resume` on the next command line, once there is something to resume.
    """
    try:
        yield
    except KeyboardInterrupt as stop:
        kept = run()
        again = "Repeat the command"
        if kept is not None:
            again = f"{again} with --resume {kept}".rstrip()
        print_note(f"Stopped. {again}: it goes on from here.")
        # CPython 3.11 remembers a Ctrl-C that struck inside exec() of text (as dataclasses do it) even when it
        # was caught, and would end by the signal instead of with our code; the next exec() makes it forget.
        exec("")
        raise SystemExit(EXIT_STOPPED) from stop


def print_json(document: object) -> None:
    """Print one JSON document on stdout; a NaN in it is our bug and raises ValueError."""
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    # Bytes of a file name that are no UTF-8 come as lone surrogates: JSON can hold them escaped only.
    sys.stdout.write(text.encode(errors="backslashreplace").decode() + "\n")


@contextmanager
def progress_bar(label: str, *, total: float, unit: str) -> Iterator[Callable[[float], None]]:
    """Show a bar with rate and ETA on stderr; yields `update(done)`, `done` in `unit`s up to `total`.

    Nothing is drawn when stderr is not a terminal.
    """
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=stderr(), disable=not stderr().is_terminal) as progress:
        task = progress.add_task(printable(label), total=total, rate="")

        def update(done: float) -> None:
            speed = progress.tasks[task].speed
            rate = "" if speed is None else f"{speed:.1f} {unit}/s"
            progress.update(task, completed=done, rate=rate)

        yield update
