import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from grounder.cli import console
from tests.conftest import ROOT

Captured = pytest.CaptureFixture[str]


def test_results_go_to_stdout_and_everything_else_to_stderr(capsys: Captured) -> None:
    console.print_json({"name": "Œuvre"})
    console.print_note("note [b]")
    console.print_warning("careful")
    out, err = capsys.readouterr()
    assert out == '{\n  "name": "Œuvre"\n}\n'
    assert err == "note [b]\nwarning: careful\n"


def test_a_number_json_does_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        console.print_json({"score": float("nan")})


def test_a_file_name_that_is_no_text_stays_valid_json(capsys: Captured) -> None:
    console.print_json({"path": "caf\udce9.mp4"})
    assert json.loads(capsys.readouterr().out) == {"path": "caf\udce9.mp4"}


def test_untrusted_text_cannot_steer_the_terminal() -> None:
    assert (
        console.printable("a\x1b]0;title\x07\r\nb\tc\u202e")
        == "a\ufffd]0;title\ufffd\ufffd\nb\tc\ufffd"
    )


def test_no_bar_is_drawn_without_a_terminal(capsys: Captured) -> None:
    with console.progress_bar("film", total=2.0, unit="s of video") as update:
        update(1.0)
        update(2.0)
    assert capsys.readouterr() == ("", "")


def test_a_bar_shows_its_label_share_and_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Console(file=io.StringIO(), force_terminal=True, width=120)
    monkeypatch.setattr(console, "stderr", lambda: screen)
    with console.progress_bar("film.mp4", total=4.0, unit="s of video") as update:
        for done in (1.0, 2.0, 4.0):
            update(done)
    drawn = screen.file.getvalue()  # type: ignore[attr-defined]  # the StringIO above
    assert "film.mp4" in drawn
    assert "100%" in drawn
    assert "s of video/s" in drawn


def test_a_stop_inside_code_made_at_run_time_has_the_same_exit_code(tmp_path: Path) -> None:
    interrupted = "exec('import os, signal; os.kill(os.getpid(), signal.SIGINT)')"
    (tmp_path / "stopped.py").write_text(
        "from grounder.cli.console import print_note, stoppable\n"
        "print_note('loads what prints')\n"
        f"with stoppable():\n    {interrupted}\n"
    )
    # As a module: only there does the interpreter look at what it remembers.
    program = [sys.executable, "-m", "stopped"]
    paths = os.pathsep.join([str(tmp_path), str(ROOT)])
    ended = subprocess.run(program, env={**os.environ, "PYTHONPATH": paths}, capture_output=True)
    assert ended.returncode == 130
