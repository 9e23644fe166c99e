"""The Ground-then-Answer table: the same questions in every row, grounding once, budgets kept."""

import json
from pathlib import Path
from typing import Any

import pytest

from scenetg.formats import Label
from tests.training.evaluate.stage import done, folder_of_videos, run, scripted
from training.evaluate.answering import Row, can_be_asked, read_rows

MODES = "uniform,random-span,grounded,grounded+context,given-span"


def test_rows_come_in_the_order_of_budgets_and_modes() -> None:
    rows = read_rows("given-span,uniform", "16,8,8")
    assert [(row.mode, row.frames) for row in rows] == [
        ("uniform", 8), ("given-span", 8), ("uniform", 16), ("given-span", 16),
    ]  # fmt: skip
    assert Row("grounded+context", 8).name == "grounded-and-context-8"


@pytest.mark.parametrize(
    ("options", "answer", "windows", "fits"),
    [
        (("a", "b"), "a", ((0.0, 1.0),), True),
        ((), "a", ((0.0, 1.0),), False),
        (("a", "b"), None, ((0.0, 1.0),), False),
        (("a", "b"), "a", (), False),
        (("a", "b"), "a", ((1.0, 1.0),), False),
    ],
)
def test_only_questions_that_fit_every_mode_are_asked(
    options: tuple[str, ...], answer: str | None, windows: tuple[tuple[float, float], ...], fits: bool
) -> None:  # fmt: skip
    label = Label("1", "v", "?", windows, "t", "f:1", options=options, answer=answer)
    assert can_be_asked(label) is fits


def rows_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "predictions.jsonl").read_text().splitlines()]


def test_every_row_answers_the_same_questions_within_its_budget(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    videos = folder_of_videos(tmp_path)
    words = ["annotated-qa", "--videos", videos, "--encoder", "conse", "--library", tmp_path / "l",
             "--answers", MODES, "--out", tmp_path / "run"]  # fmt: skip
    table = done(capsys, *words, "--frames", "2")
    assert table["questions"] == 5
    modes = ["uniform", "grounded", "grounded+context", "given-span", "random-span"]
    assert [line["mode"] for line in table["lines"]] == modes
    for line in table["lines"]:
        assert line["questions"] == 5
        assert line["frames"] == line["budget"]
        assert line["acc_gqa"]["value"] <= line["accuracy"]["value"]
        low, high = line["accuracy"]["interval"]
        assert low <= line["accuracy"]["value"] <= high
    by_mode = {line["mode"]: line for line in table["lines"]}
    assert by_mode["given-span"]["iop"]["value"] == 1.0
    # All questions name their colour: shown the right place, the answer is seen.
    assert by_mode["given-span"]["accuracy"]["value"] >= 0.8
    asked = [[row["qid"] for row in rows_of(folder)] for folder in (tmp_path / "run").glob("*-*")]
    assert len(asked) == 5
    assert all(qids == asked[0] for qids in asked)
    found = (tmp_path / "run" / "groundings.jsonl").read_text().split()
    assert len([line for line in found if '"qid"' in line]) == 5
    # A second budget asks for nothing anew but its own rows.
    before = (tmp_path / "run" / "groundings.jsonl").read_text()
    uniform = (tmp_path / "run" / "uniform-2" / "predictions.jsonl").read_text()
    again = done(capsys, *words, "--frames", "2,3")
    assert (tmp_path / "run" / "groundings.jsonl").read_text().split() == before.split()
    assert (tmp_path / "run" / "uniform-2" / "predictions.jsonl").read_text() == uniform
    assert again["lines"][:5] == table["lines"]


def test_a_model_is_asked_for_every_row_and_its_rows_compare(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    videos = folder_of_videos(tmp_path)
    reply = json.dumps(
        {"answer": "It is red.", "option": "A", "citations": [], "confidence": 0.9, "enough": True}
    )
    model = scripted(tmp_path, ("", reply))
    table = done(
        capsys, "annotated-qa", "--videos", videos, "--encoder", "conse", "--vlm", model,
        "--grounder", "retrieval", "--library", tmp_path / "l", "--answers", "uniform,given-span",
        "--frames", "4", "--out", tmp_path / "run",
    )  # fmt: skip
    # Two of five are red, whatever is shown; only over the true span is that well grounded.
    assert [line["accuracy"]["value"] for line in table["lines"]] == [0.4, 0.4]
    assert [line["acc_gqa"]["value"] for line in table["lines"]] == [pytest.approx(0.2), 0.4]
    assert table["looking"] is None
    compared = done(
        capsys, "--compare", tmp_path / "run" / "uniform-4", tmp_path / "run" / "given-span-4"
    )
    assert compared["metrics"]["Acc@QA"]["difference"] == 0
    assert compared["metrics"]["mIoP"]["difference"] > 0


def test_a_benchmark_without_questions_says_which_have_some(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    videos = folder_of_videos(tmp_path)
    code, _, err = run(
        capsys, "annotated", "--videos", videos, "--encoder", "conse", "--answers", "uniform", "--out", tmp_path / "run"
    )  # fmt: skip
    assert code == 1
    assert "annotated has no multiple choice with a known answer and known evidence here." in err
