"""The program itself: which subcommands it has, what it prints where, and its exit codes."""

import json
import subprocess
import sys
from importlib.metadata import EntryPoint, version
from pathlib import Path

import pytest

from grounder.cli.main import GROUP, build_app, installed_commands, main, run

Captured = pytest.CaptureFixture[str]

CHEER = EntryPoint("cheer", "tests.commands:cheerful", GROUP)
FAIL = EntryPoint("fail", "tests.commands:failing", GROUP)
MISNAMED = EntryPoint("misnamed", "tests.commands:misnamed", GROUP)
BROKEN = EntryPoint("broken", "tests.no_such_module:command", GROUP)
NAMELESS = EntryPoint("nameless", "tests.commands:no_such_function", GROUP)


def leave(words: list[str], *entries: EntryPoint) -> int:
    """Run a program of these subcommands and return its exit code."""
    offers: dict[str, list[EntryPoint]] = {}
    for entry in entries:
        offers.setdefault(entry.name, []).append(entry)
    with pytest.raises(SystemExit) as stop:
        run(lambda: build_app(words, offers), words, name="whenwhat")
    return int(stop.value.code or 0)


def test_a_subcommand_is_found_by_its_entry_point(capsys: Captured) -> None:
    assert leave(["cheer"], CHEER, BROKEN) == 0
    assert capsys.readouterr() == ("hello\n", "")


def test_a_failure_is_one_message_without_traceback_or_control_characters(capsys: Captured) -> None:
    assert leave(["fail"], CHEER, FAIL) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "error: Cannot open \N{REPLACEMENT CHARACTER}[31m[b]x.mp4: no video stream.\n"


def test_a_failure_under_json_is_a_document_too(capsys: Captured) -> None:
    assert leave(["fail", "--json"], FAIL) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["status"] == "error"
    assert document["error"]["kind"] == "VideoError"


def test_a_name_that_means_nothing_is_a_usage_error(capsys: Captured) -> None:
    assert leave(["misnamed"], MISNAMED) == 2
    assert capsys.readouterr().err.startswith("error: No decoder is called 'x'.")


def test_debugging_shows_where_an_error_came_from(monkeypatch: pytest.MonkeyPatch) -> None:
    from grounder.errors import VideoError

    monkeypatch.setenv("WHENWHAT_DEBUG", "1")
    with pytest.raises(VideoError):
        run(lambda: build_app(["fail"], {"fail": [FAIL]}), ["fail"], name="whenwhat")


def test_an_unknown_subcommand_is_a_usage_error_with_a_suggestion(capsys: Captured) -> None:
    assert leave(["cheeer"], CHEER, FAIL) == 2
    assert "No such command 'cheeer'. Did you mean 'cheer'?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("entry", "cause"), [(BROKEN, "No module named"), (NAMELESS, "no attribute 'no_such_function'")]
)
def test_a_broken_subcommand_tells_why(entry: EntryPoint, cause: str, capsys: Captured) -> None:
    assert leave([entry.name, "--any", "words"], entry, CHEER) == 1
    err = capsys.readouterr().err
    assert cause in err
    assert entry.value in err


def test_help_lists_a_broken_subcommand_beside_the_others(capsys: Captured) -> None:
    assert leave(["--help"], CHEER, BROKEN) == 0
    out = capsys.readouterr().out
    assert "cheer   Say hello." in out
    assert "broken  (broken) `whenwhat broken` cannot be loaded" in out


def test_two_packages_with_one_name_are_refused(capsys: Captured) -> None:
    other = EntryPoint("cheer", "tests.commands:failing", GROUP)
    assert leave(["cheer"], CHEER, other) == 1
    assert "Several packages offer `cheer`" in capsys.readouterr().err


def test_the_version_is_printed(capsys: Captured) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert not stop.value.code
    assert capsys.readouterr().out == f"whenwhat {version('whenwhat')}\n"


def test_the_declared_subcommands_are_installed() -> None:
    assert {"ask", "demo", "doctor", "find", "index", "ls", "rm"} <= set(installed_commands())


@pytest.mark.parametrize("name", sorted(installed_commands()))
def test_every_subcommand_explains_itself(name: str, capsys: Captured) -> None:
    with pytest.raises(SystemExit) as stop:
        main([name, "--help"])
    assert not stop.value.code
    out = capsys.readouterr().out
    assert out.startswith(f"Usage: whenwhat {name}")
    assert "(broken)" not in out


def test_a_full_disk_under_stdout_is_one_message() -> None:
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "grounder.cli.main", "--version"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ended.returncode == 1
    assert ended.stderr == (
        "error: The output cannot be written: its disk is full. Free some space there.\n"
    )
