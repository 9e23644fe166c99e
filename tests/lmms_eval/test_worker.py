"""The agent behind a pipe: what it replies, and what it says of videos that cannot be used."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from grounder.encoders import load_encoder
from grounder.span import Span
from tests.conftest import ROOT
from tests.training.evaluate.stage import folder_of_videos
from training.lmms_eval.worker import Worker, moment_text, serve


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder_of_videos(tmp_path_factory.mktemp("videos"))


@pytest.fixture(scope="module")
def worker(folder: Path) -> Iterator[Worker]:
    made = Worker(load_encoder("conse"), None, "retrieval", folder / "library")
    yield made
    made.close()


def line(video: Path, question: str, *options: str, mode: str = "ground") -> str:
    asked = {"video": str(video), "question": question, "options": options, "mode": mode}
    return json.dumps(asked)


def test_a_moment_is_all_that_is_said_in_ground_mode(worker: Worker, folder: Path) -> None:
    lines = [line(folder / "a.mp4", "a blue screen"), line(folder / "b.mp4", "a yellow screen")]
    for said, truth in zip(serve(worker, lines), (Span(4.0, 8.0), Span(0.0, 4.0)), strict=True):
        match = re.fullmatch(r"(\d+\.\d) - (\d+\.\d)", json.loads(said)["text"])
        assert match
        assert Span(float(match[1]), float(match[2])).iou(truth) > 0.5


def test_a_choice_is_answered_with_its_letter(worker: Worker, folder: Path) -> None:
    (said,) = serve(
        worker, [line(folder / "a.mp4", "Which colour is it?", "red", "blue", mode="answer")]
    )
    assert json.loads(said)["text"] in "AB"


def test_a_video_or_question_that_cannot_be_used_does_not_end_the_worker(
    worker: Worker, folder: Path
) -> None:
    lines = [
        line(folder / "none.mp4", "blue"),
        line(folder / "a.mp4", " "),
        line(folder / "a.mp4", "lime"),
    ]
    said = [json.loads(text) for text in serve(worker, lines)]
    assert "none.mp4" in said[0]["error"]
    assert said[1]["error"].startswith("QuestionError: The question is empty")
    assert " - " in said[2]["text"]


@pytest.mark.parametrize(
    ("span", "text"),
    [(Span(12.34, 15.61), "12.3 - 15.6"), (Span(0.0, 0.04), "0.0 - 0.1"), (Span(3600.0, 3661.5), "3600.0 - 3661.5")],
)  # fmt: skip
def test_a_moment_is_seconds_with_one_decimal_and_never_empty(span: Span, text: str) -> None:
    assert moment_text(span) == text


def test_a_model_that_is_not_there_ends_it_with_a_message() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "training.lmms_eval.worker", "--encoder", "nothing"],
        cwd=ROOT, input="", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 1
    assert result.stdout == ""
    assert "SpecError: No encoder is called 'nothing'" in result.stderr
