"""`whenwhat scenetg` on the command line: what is wrong is told before any model is loaded."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


def whenwhat(*words: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "grounder.cli.main", "scenetg", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        ((), 1, "No video in"),
        (("--set", "scenes.merg=1"), 2, "Did you mean 'merge'"),
        (("--settings", "nowhere.toml"), 2, "Cannot read the settings"),
        (("--licenses", "nowhere.toml"), 2, "Cannot read the licences"),
        (("--price", "cheap"), 2, "is no price"),
    ],
)
def test_what_cannot_be_is_told_at_once(
    tmp_path: Path, options: tuple[str, ...], code: int, told: str
) -> None:
    done = whenwhat(tmp_path, "--out", tmp_path / "out", *options)
    assert done.returncode == code
    assert told in done.stderr
    assert not (tmp_path / "out").exists()


def test_an_unknown_engine_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    done = whenwhat(tmp_path, "--out", tmp_path / "out", "--engine", "steam")
    assert done.returncode == 2
    assert "local" in done.stderr
