"""`whenwhat scenetg` on the command line: what is wrong is told before any model is loaded."""

import json
import sys
from pathlib import Path

import pytest

from grounder.cli.main import main
from tests.scenetg.queries.stage import ColourEncoder
from tests.video_factory import colour_video

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


def test_without_a_model_the_stages_that_see_run_and_what_is_missing_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scenetg.cli._load", lambda spec: (ColourEncoder(), ColourEncoder))
    scenes = [(colour, 7.0) for colour in ("red", "blue", "yellow", "black", "cyan")]
    colour_video(tmp_path / "a.mp4", scenes, size=(64, 48), rate=8)
    out = tmp_path / "out"
    with pytest.raises(SystemExit) as stop:
        main(["scenetg", str(tmp_path / "a.mp4"), "--out", str(out), "--json", "--parquet"])
    assert stop.value.code == 0
    told = capsys.readouterr()
    document = json.loads(told.out)
    assert (document["rows"], document["candidates"]) == (None, 5)
    assert "No --vlm was named" in told.err
    assert len((out / "candidates.jsonl").read_text().splitlines()) == 5
    assert not list(out.glob("*.parquet"))
    assert (out / "report.html").is_file()


def test_a_run_without_a_video_that_can_be_read_fails_with_each_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scenetg.cli._load", lambda spec: (ColourEncoder(), ColourEncoder))
    broken, missing = tmp_path / "broken.mp4", tmp_path / "missing.mp4"
    broken.write_bytes(b"no video" * 100)
    with pytest.raises(SystemExit) as stop:
        main(["scenetg", str(broken), str(missing), "--out", str(tmp_path / "out")])
    assert stop.value.code == 1
    told = capsys.readouterr()
    assert "broken.mp4" in told.err
    assert "missing.mp4" in told.err
    assert "No video could be used" in told.err
    assert "candidates in" not in told.out
