"""The `whenwhat` program: subcommands come from the entry points of group `whenwhat.commands`.

Only the module of the named subcommand is imported; `--help` imports them all, so command
modules import what is heavy inside their functions.
"""

import errno
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points, version
from typing import Annotated, Any, Never

import typer

from grounder.cli.console import EXIT_ERROR, exit_code, print_error, print_json
from grounder.errors import PluginError, WhenwhatError

GROUP = "whenwhat.commands"
EPILOG = "Start with: whenwhat demo. Exit codes: 0 answered, 1 error, 2 usage, 3 not found."


def main(arguments: Sequence[str] | None = None) -> Never:
    """Run `whenwhat` with `arguments` (default: those of the process) and exit."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    run(lambda: build_app(words, installed_commands()), words, name="whenwhat")


def run(make_app: Callable[[], typer.Typer], words: Sequence[str], *, name: str) -> Never:
    """Run an app with `words` and exit.

    A `WhenwhatError` becomes one message on stderr and exit code 1 (2 when a name on the command line
    means nothing), with `--json` also a document `{"status": "error", …}` on stdout;
    WHENWHAT_DEBUG=1 shows the traceback instead.
    """
    try:
        try:
            make_app()(list(words), prog_name=name)
        finally:
            sys.stdout.flush()  # here, where a full disk can still be told
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        print_error("The output cannot be written: its disk is full. Free some space there.")
        # What is left in the buffer would fail once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(EXIT_ERROR)
    except WhenwhatError as error:
        if os.environ.get("WHENWHAT_DEBUG"):
            raise
        if "--json" in words:
            print_json(error_document(error))
        print_error(str(error))
        sys.exit(exit_code(error))
    sys.exit(0)


def error_document(error: WhenwhatError) -> dict[str, object]:
    """Return what `--json` prints when a command fails."""
    return {"status": "error", "error": {"kind": type(error).__name__, "message": str(error)}}


def installed_commands() -> dict[str, list[EntryPoint]]:
    """Return every offer for each subcommand name, in alphabetical order; one offer is the rule."""
    offers: dict[str, list[EntryPoint]] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        # An editable install beside a stale one names the same function twice.
        if entry.value not in {other.value for other in offers.get(entry.name, [])}:
            offers.setdefault(entry.name, []).append(entry)
    return offers


def build_app(words: Sequence[str], offers: Mapping[str, list[EntryPoint]]) -> typer.Typer:
    """Return the app with the subcommand that `words` name, or with all of them."""
    app = typer.Typer(
        add_completion=False,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        # Plain help: drawing boxes would double the CPU time of `--help`.
        rich_markup_mode=None,
    )
    app.callback(epilog=EPILOG)(whenwhat)
    named = [word for word in words[:1] if word in offers]
    for name in named or offers:
        add_command(app, name, offers[name])
    return app


def print_version(wanted: bool) -> None:
    """Print the version and end the program; it wins over a missing subcommand."""
    if wanted:
        typer.echo(f"whenwhat {version('whenwhat')}")
        raise typer.Exit


def whenwhat(
    _version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=print_version, is_eager=True),
    ] = False,
) -> None:
    """Find when in a long video, then say what."""


def add_command(app: typer.Typer, name: str, offers: Sequence[EntryPoint]) -> None:
    """Add one subcommand; one that cannot be loaded stays listed and tells why when it is run."""
    try:
        command = load_command(name, offers)
    except PluginError as error:
        command = refuse(error)
        settings = {"ignore_unknown_options": True, "allow_extra_args": True}
        app.command(name, help=f"(broken) {error}", context_settings=settings)(command)
    else:
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command(name)(command)


def load_command(name: str, offers: Sequence[EntryPoint]) -> Callable[..., Any]:
    """Import the function behind a subcommand, or the app of one that has subcommands of its own.

    Raises:
        PluginError: it cannot be imported, or several packages offer it.
    """
    if len(offers) > 1:
        listed = ", ".join(entry.value for entry in offers)
        raise PluginError(f"Several packages offer `{name}`: {listed}. Uninstall all but one.")
    try:
        command: Callable[..., Any] = offers[0].load()
    except (ImportError, AttributeError, SyntaxError) as error:
        raise PluginError(
            f"`whenwhat {name}` cannot be loaded from {offers[0].value}: {error}. "
            "Reinstall the package that offers it (here: `uv sync`)."
        ) from error
    return command


def refuse(error: PluginError) -> Callable[[], None]:
    """Return a subcommand that only raises `error`."""

    def command() -> None:
        raise error

    return command


if __name__ == "__main__":
    main()
