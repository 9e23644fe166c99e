"""A folder of two colour videos with annotated queries and questions, and ways to run `whenwhat eval` on it."""

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from grounder.cli.main import main
from tests.conftest import ROOT
from tests.video_factory import colour_video

SCENES = {
    "a": [("red", 4.0), ("blue", 4.0), ("lime", 4.0)],
    "b": [("yellow", 4.0), ("red", 4.0)],
}


def folder_of_videos(folder: Path, *, videos: tuple[str, ...] = ("a", "b")) -> Path:
    """Write the videos that are named, and annotations of both; every scene has a query and a question."""
    for name in videos:
        colour_video(folder / f"{name}.mp4", SCENES[name], size=(96, 64), rate=10)
    lines = [json.dumps(row) + "\n" for row in rows()]
    (folder / "annotations.jsonl").write_text("".join(lines), encoding="utf-8")
    return folder


def rows() -> list[dict[str, Any]]:
    """Return the rows; those of the two videos take turns."""
    made: list[dict[str, Any]] = []
    for name, scenes in SCENES.items():
        length = sum(seconds for _, seconds in scenes)
        for number, (colour, seconds) in enumerate(scenes):
            window = [number * seconds, (number + 1) * seconds]
            shared = {"vid": name, "split": "dev" if name == "a" else "test", "duration": length}
            made += [
                {"type": "grounding", "qid": f"{name}:g{number}", "query": f"a {colour} screen",
                 "relevant_windows": [window]} | shared,
                {"type": "mcqa", "qid": f"{name}:q{number}", "options": ["red", "blue", "yellow", "green"],
                 "question": f"Which colour does the screen have when it is {colour}?",
                 "answer_index": ["red", "blue", "yellow", "lime"].index(colour),
                 "evidence_windows": [window]} | shared,
            ]  # fmt: skip
    return sorted(made, key=lambda row: (row["qid"][-1], row["vid"]))


def scripted(folder: Path, *rules: tuple[str, str]) -> str:
    """Return the spec of a model that gives each reply where its words stand in the prompt."""
    file = folder / f"script-{len(rules)}.jsonl"
    lines = [json.dumps({"when": when, "reply": reply}) + "\n" for when, reply in rules]
    file.write_text("".join(lines), encoding="utf-8")
    return f"scripted:{file}"


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    """Run `whenwhat eval` in this process; return its code and what it printed."""
    with pytest.raises(SystemExit) as stop:
        main(["eval", *map(str, words)])
    told = capsys.readouterr()
    assert isinstance(stop.value.code, int)
    return stop.value.code, told.out, told.err


def done(capsys: pytest.CaptureFixture[str], *words: object) -> dict[str, Any]:
    """Run it with --json, let it succeed, and return the document."""
    code, out, err = run(capsys, *words, "--json")
    assert code == 0, err
    document = json.loads(out)
    assert isinstance(document, dict)
    return document


def predictions(folder: Path) -> list[dict[str, Any]]:
    """Return the rows of a run without their seconds."""
    lines = (folder / "predictions.jsonl").read_text(encoding="utf-8").splitlines()
    return [{k: v for k, v in json.loads(line).items() if k != "seconds"} for line in lines]


def killed(count: int, words: Sequence[object], *, torn: bool = False) -> None:
    """Run in a process of its own that dies when `count` predictions are written."""
    program = [sys.executable, "-m", "tests.training.evaluate.eval_process"]
    arguments = [str(count), "torn" if torn else "whole", *map(str, words)]
    result = subprocess.run(
        program + arguments, cwd=ROOT, capture_output=True, timeout=120, check=False
    )
    assert result.returncode == -signal.SIGKILL, result.stderr.decode()
