"""The doctor: real checks on this machine, and honest words about what is broken."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from grounder.cli.checks import Finding, decoder, disk, examine, library, render_flip
from grounder.cli.doctor import document, print_table
from grounder.cli.main import main
from grounder.errors import MissingDependency
from grounder.video import Video
from grounder.video.decoders import DECODERS

Captured = pytest.CaptureFixture[str]


def leave(*words: str) -> int:
    with pytest.raises(SystemExit) as stop:
        main(["doctor", *words])
    return int(stop.value.code or 0)


def test_everything_needed_works_here(tmp_path: Path, capsys: Captured) -> None:
    code = leave("--json", "--library", str(tmp_path))
    told = json.loads(capsys.readouterr().out)
    states = {check["name"]: check["state"] for check in told["checks"]}
    assert (code, told["status"]) == (0, "ok"), told
    assert states["decoder pyav"] == states["encoder conse"] == states["library"] == "ok"
    assert {f"decoder {name}" for name in DECODERS} <= set(states)


def test_a_damaged_library_is_reported_with_exit_code_1(tmp_path: Path) -> None:
    (tmp_path / "library.sqlite").write_bytes(b"this is no database, and never was one" * 100)
    finding = examine("library", lambda: library(tmp_path), required=True)
    assert (finding.state, finding.fatal) == ("failed", True)
    assert str(tmp_path) in finding.detail


def test_a_missing_optional_package_is_absent_and_not_fatal() -> None:
    def check() -> Finding:
        raise MissingDependency("Install it with `uv pip install decord`.")

    finding = examine("decoder decord", check, required=False)
    assert (finding.state, finding.fatal) == ("absent", False)
    assert "uv pip install decord" in finding.remedy


def test_a_check_that_dies_is_a_finding() -> None:
    finding = examine("gpu", lambda: 1 / 0, required=False)  # type: ignore[arg-type, return-value]  # it never returns
    assert finding.state == "failed"
    assert finding.detail == "ZeroDivisionError: division by zero"


def test_the_flip_video_turns_white_at_one_second(tmp_path: Path) -> None:
    with Video.open(render_flip(tmp_path / "flip.mp4")) as video:
        frames = video.frames([0.0, 0.95, 1.0, 1.9])
    assert [round(float(image.mean())) > 128 for image in frames.images] == [
        False,
        False,
        True,
        True,
    ]


def test_a_decoder_that_reads_the_wrong_frames_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def half_a_second_late(self: Video, times: list[float]) -> object:
        return honest(self, [time + 0.5 for time in times])

    honest = Video.frames
    monkeypatch.setattr(Video, "frames", half_a_second_late)
    finding = decoder("pyav")
    assert (finding.state, finding.fatal) == ("failed", True)
    assert "wrong frames" in finding.detail


def test_disk_space_is_measured_where_the_library_will_be(tmp_path: Path) -> None:
    assert str(tmp_path) in disk(tmp_path / "not" / "yet" / "there").detail


def test_a_model_is_proved_to_be_told_true_times(
    tiny_vlm: Callable[[str], Path], capsys: Captured
) -> None:
    assert leave("--model", f"hf:{tiny_vlm('qwen3_vl')}", "--json") == 0
    check = json.loads(capsys.readouterr().out)["checks"][0]
    assert "is told the true times" in check["detail"]


def test_a_model_name_that_means_nothing_is_usage_and_tells_the_forms_there_are(
    capsys: Captured,
) -> None:
    assert leave("--model", "nonsense") == 2
    assert "hf:PATH_OR_ID" in capsys.readouterr().err


def test_a_fatal_finding_makes_the_document_an_error(capsys: Captured) -> None:
    fine = Finding("gpu", "absent", "none", "Buy one.")
    fatal = Finding("ffmpeg", "failed", "gone [red]", required=True)
    assert document([fine])["status"] == "ok"
    assert document([fine, fatal])["status"] == "error"
    print_table([fine, fatal])
    out = capsys.readouterr().out
    assert "gone [red]" in out
    assert "Needed but not working: ffmpeg" in out
