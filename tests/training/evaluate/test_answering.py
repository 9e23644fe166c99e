"""The Ground-then-Answer table: the same questions in every row, grounding once, budgets kept."""

import json
from pathlib import Path
from typing import Any

import pytest

from grounder.span import Span
from scenetg.formats import Label
from tests.training.evaluate.stage import (
    done,
    killed,
    predictions,
    run,
    scripted,
)
from training.evaluate.answer_rows import Row, can_be_asked, read_rows
from training.evaluate.answering import true_spans

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


def test_every_row_answers_the_same_questions_within_its_budget(
    home: Path, library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["annotated-qa", "--videos", home, "--encoder", "conse", "--library", library,
             "--out", tmp_path / "run"]  # fmt: skip
    table = done(capsys, *words, "--frames", "1", "--answers", MODES)
    assert table["questions"] == 5
    modes = ["uniform", "grounded", "grounded+context", "given-span", "random-span"]
    assert [line["mode"] for line in table["lines"]] == modes
    for line in table["lines"]:
        assert line["questions"] == 5
        assert line["frames"] == line["budget"] == 1
        assert line["acc_gqa"]["value"] <= line["accuracy"]["value"]
        low, high = line["accuracy"]["interval"]
        assert low <= line["accuracy"]["value"] <= high
    given = table["lines"][3]
    assert given["iop"]["value"] == 1.0
    # All questions name their colour: shown the right place, the answer is seen.
    assert given["accuracy"]["value"] >= 0.8
    asked = [[row["qid"] for row in predictions(row)] for row in (tmp_path / "run").glob("*-1")]
    assert len(asked) == 5
    assert all(qids == asked[0] for qids in asked)
    notes = (tmp_path / "run" / "groundings.jsonl").read_text().split("\n")
    assert len([line for line in notes if '"qid"' in line]) == 5
    # A second budget asks for nothing anew but its own rows.
    first = (tmp_path / "run" / "uniform-1" / "predictions.jsonl").read_text()
    again = done(capsys, *words, "--frames", "1,2", "--answers", "uniform,grounded")
    kept = (tmp_path / "run" / "groundings.jsonl").read_text().split("\n")
    assert list(filter(None, kept)) == list(filter(None, notes))
    assert (tmp_path / "run" / "uniform-1" / "predictions.jsonl").read_text() == first
    assert again["lines"][:2] == table["lines"][:2]
    assert [line["frames"] for line in again["lines"]] == [1, 1, 2, 2]


def test_spans_that_touch_stay_two_so_that_each_is_wholly_right() -> None:
    label = Label("1", "v", "?", ((1.0, 2.0), (2.0, 3.0), (9.0, 12.0), (5.0, 5.0)), "t", "f:1")
    assert true_spans(label, Span(0, 10)) == [Span(1, 2), Span(2, 3), Span(9, 10)]
    with pytest.raises(ValueError, match="The evidence of 1 lies outside its video of 1"):
        true_spans(label, Span(0, 1))


def test_a_model_is_asked_for_every_row_and_its_rows_compare(
    home: Path, library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reply = {
        "answer": "It is red.",
        "option": "A",
        "citations": [],
        "confidence": 0.9,
        "enough": True,
    }
    model = scripted(tmp_path, ("", json.dumps(reply)))
    table = done(
        capsys, "annotated-qa", "--videos", home, "--encoder", "conse", "--vlm", model,
        "--grounder", "retrieval", "--library", library, "--answers", "uniform,given-span",
        "--frames", "4", "--out", tmp_path / "run",
    )  # fmt: skip
    # Two of five are red, whatever is shown; over the whole video half of it is right in one of them only.
    assert [line["accuracy"]["value"] for line in table["lines"]] == [0.4, 0.4]
    assert [line["acc_gqa"]["value"] for line in table["lines"]] == [pytest.approx(0.2), 0.4]
    assert table["looking"] is None
    compared = done(
        capsys, "--compare", *(tmp_path / "run" / row for row in ("uniform-4", "given-span-4"))
    )
    assert compared["metrics"]["Acc@QA"]["difference"] == 0
    assert compared["metrics"]["mIoP"]["difference"] > 0


def test_two_workers_and_two_shards_make_the_table_that_one_process_makes(
    home: Path, library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["annotated-qa", "--videos", home, "--encoder", "conse", "--library", library,
             "--answers", "uniform,grounded,random-span", "--frames", "1"]  # fmt: skip
    one = done(capsys, *words, "--out", tmp_path / "one")
    two = done(capsys, *words, "--out", tmp_path / "two", "--workers", 2)
    assert without_seconds(two) == without_seconds(one)
    for shard in (1, 2):
        done(capsys, *words, "--out", tmp_path / f"s{shard}", "--shard", f"{shard}/2")
    merging = ["--merge", tmp_path / "s2", "--merge", tmp_path / "s1", "--out", tmp_path / "all"]
    assert without_seconds(done(capsys, *merging)) == without_seconds(one)
    for row in ("uniform-1", "grounded-1", "random-span-1"):
        for place in ("two", "all"):
            assert predictions(tmp_path / place / row) == predictions(tmp_path / "one" / row)
    (tmp_path / "s1" / "table.json").write_text(json.dumps({"lines": [], "left_out": 0}))
    code, _, err = run(capsys, *merging)
    assert code == 1
    assert "s1 and" in err
    assert "have other rows" in err


@pytest.mark.slow  # processes of their own load the encoder; test_run.py has the same kill for runs
@pytest.mark.parametrize("workers", [1, 2])
def test_a_table_that_is_killed_goes_on_and_ends_the_same(
    workers: int, home: Path, library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["annotated-qa", "--videos", home, "--encoder", "conse", "--library", library,
             "--answers", "uniform,grounded", "--frames", "1", "--limit", "2"]  # fmt: skip
    clean = done(capsys, *words, "--out", tmp_path / "clean")
    killed(3, [*words, "--out", tmp_path / "run", "--workers", workers], torn=True)
    assert not (tmp_path / "run" / "table.json").exists()
    with (tmp_path / "run" / "groundings.jsonl").open("a") as notes:
        notes.write('{"qid": "half of a li')
    again = done(capsys, *words, "--out", tmp_path / "run")
    for row in ("uniform-1", "grounded-1"):
        assert predictions(tmp_path / "run" / row) == predictions(tmp_path / "clean" / row)
    assert again["looking"]["questions"] == clean["looking"]["questions"] == 2


def test_a_benchmark_without_questions_says_which_have_some(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = run(
        capsys, "annotated", "--videos", home, "--encoder", "conse", "--answers", "uniform", "--out", tmp_path / "run"
    )  # fmt: skip
    assert code == 1
    assert "annotated has no multiple choice with a known answer and known evidence here." in err


def without_seconds(table: dict[str, Any]) -> dict[str, Any]:
    """Return a table but for its folder and what it took."""
    rows = [*table["lines"], table["looking"]]
    made = [{name: value for name, value in row.items() if name != "seconds"} for row in rows]
    return {**table, "lines": made[:-1], "looking": made[-1], "run": ""}
