"""`whenwhat scenetg` on the command line: what is wrong is told before any model is loaded."""

import sys
from pathlib import Path

import pytest

from grounder.cli.main import main

SERVED = "openai:m@http://127.0.0.1:9/v1"


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        ((), 1, "No video in"),
        (("--set", "scenes.merg=1"), 2, "Did you mean 'merge'"),
        (("--settings", "nowhere.toml"), 2, "Cannot read the settings"),
        (("--licenses", "nowhere.toml"), 2, "Cannot read the licences"),
        (("--price", "cheap"), 2, "is no price"),
        (("--engine", "steam"), 2, "local"),
        (("--vlm", "hf:model", "--vlm-workers", "2"), 2, "for --engine ray"),
        (("--engine", "ray", "--vlm", SERVED, "--vlm-gpus", "1"), 2, "--concurrency"),
    ],
)
def test_what_cannot_be_is_told_at_once(
    tmp_path: Path,
    options: tuple[str, ...],
    code: int,
    told: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    heavy = {"torch", "av", "onnxruntime"} - set(sys.modules)
    with pytest.raises(SystemExit) as stop:
        main(["scenetg", str(tmp_path), "--out", str(tmp_path / "out"), *options])
    assert stop.value.code == code
    assert told in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert not heavy & set(sys.modules)
