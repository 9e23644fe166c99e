"""Subcommands that a plugin could offer: one that works and one that fails."""

from typing import Annotated

import typer

from grounder.errors import SpecError, VideoError


def cheerful() -> None:
    """Say hello."""
    typer.echo("hello")


def misnamed() -> None:
    """Be asked for something by a name that means nothing."""
    raise SpecError("No decoder is called 'x'. Choose one of pyav, decord.")


def failing(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Fail as a command does."""
    raise VideoError("Cannot open \x1b[31m[b]x.mp4: no video stream.")
