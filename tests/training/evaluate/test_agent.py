"""The agent under measurement, with the encoder that comes with the packages."""

import json
import shutil
from pathlib import Path

import pytest

from agent.calibrated import Fit, store_fit
from agent.context import Thresholds
from grounder.encoders.conse import Conse
from tests.training.evaluate.stage import done, predictions, run, scripted
from training.evaluate.fitted import fitted


def test_the_agent_finds_colours_and_tells_where_it_looked(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = done(
        capsys, "annotated", "--videos", home, "--encoder", "conse", "--max-looks", 2,
        "--library", tmp_path / "new", "--out", tmp_path / "run",
    )  # fmt: skip
    rows = predictions(tmp_path / "run")
    assert document["tables"]["strict"]["values"]["mIoU"]["percent"] > 60
    assert all(0 < len(row["looked"]) <= 2 for row in rows)
    assert all(row["raw"]["schema_version"] == "1" for row in rows)
    assert all(0 <= row["presence"] <= 1 for row in rows)
    assert document["throughput"]["share"]["text"] > 0
    # A video is indexed once, in its first query.
    seconds = {row["qid"]: row for row in _seconds(tmp_path / "run")}
    assert seconds["a:g0"]["seconds"]["vision"] > 0
    assert seconds["a:g1"]["seconds"]["vision"] == seconds["a:g1"]["seconds"]["decode"] == 0


def test_retrieval_alone_gives_ranked_windows(
    home: Path, library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done(
        capsys, "annotated", "--videos", home, "--system", "retrieval:conse,k=3",
        "--library", library, "--out", tmp_path / "run",
    )  # fmt: skip
    for row in predictions(tmp_path / "run"):
        chances = [score for _, _, score in row["windows"]]
        assert 1 <= len(chances) <= 3
        assert row["presence"] >= max(chances)


def test_questions_are_answered_with_a_letter_and_the_evidence(
    home: Path, library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = done(
        capsys, "annotated-qa", "--videos", home, "--encoder", "conse", "--frames", 4,
        "--library", library, "--out", tmp_path / "run",
    )  # fmt: skip
    values = document["tables"]["strict"]["values"]
    assert values["Acc@QA"]["queries"] == 5
    for row in predictions(tmp_path / "run"):
        assert row["option"] in "ABCD"
        assert row["answer"] == ["red", "blue", "yellow", "green"]["ABCD".index(row["option"])]
        assert row["mode"] == "grounded"


def test_frames_of_an_answer_stand_as_far_apart_as_the_system_says(
    home: Path, library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done(
        capsys, "annotated-qa", "--videos", home, "--system", "agent:encoder=conse,frames=8,mode=uniform,spacing=4",
        "--library", library, "--out", tmp_path / "run", "--limit", 2,
    )  # fmt: skip
    assert [row["frames"] for row in predictions(tmp_path / "run")] == [3, 2]  # of 12 and of 8 s


def test_an_answer_that_cannot_be_read_is_failed_not_wrong_in_silence(
    home: Path, library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = done(
        capsys, "annotated-qa", "--videos", home, "--encoder", "conse", "--grounder", "retrieval",
        "--vlm", scripted(tmp_path, ("", "I would rather not say.")), "--mode", "uniform",
        "--library", library, "--out", tmp_path / "run", "--limit", 2,
    )  # fmt: skip
    assert document["rates"]["failed"] == 1.0
    assert [row["status"] for row in predictions(tmp_path / "run")] == ["failed", "failed"]


def test_a_run_names_its_fitted_thresholds_and_others_make_another_run(
    library: Path, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shelf, before, after = tmp_path / "library", tmp_path / "before", tmp_path / "after"
    shutil.copytree(library, shelf)
    words = ["annotated", "--videos", home, "--encoder", "conse", "--library", shelf, "--limit", 1]
    done(capsys, *words, "--out", before)
    assert _run_row(before)["thresholds"] is None
    assert predictions(before)[0]["outcome"] == "not_found"
    limits = {"present": 0.0, "found": 0.0, "sure": 0.1}
    store_fit(shelf, Fit(Conse.name, "retrieval", Thresholds(**limits), 0.2, 9, 9, 5, "2026-01-02"))
    code, _, err = run(capsys, *words, "--out", before)
    assert code == 1
    assert f"was begun with thresholds None, not {limits}" in err
    assert "`whenwhat calibrate --show`" in err
    done(capsys, *words, "--out", after)
    assert _run_row(after)["thresholds"] == limits
    (row,) = predictions(after)
    assert row["outcome"] == "answered"
    assert row["raw"]["models"]["thresholds"].startswith("calibrated 2026-01-02")
    compared = done(capsys, "--compare", before, after)
    assert compared["settings"] == {"thresholds": [None, limits]}
    words = [*words, "--system", "retrieval:conse"]
    done(capsys, *words, "--out", tmp_path / "alone")
    assert _run_row(tmp_path / "alone")["thresholds"] == limits
    assert predictions(tmp_path / "alone")[0]["outcome"] == "answered"


def test_thresholds_of_another_grounder_or_encoder_are_not_those_of_a_run(tmp_path: Path) -> None:
    for pair in (("conse:other", "retrieval"), (Conse.name, "hf:other")):
        store_fit(tmp_path, Fit(*pair, Thresholds(), 0.2, 9, 9, 5, "2026-01-02"))
    assert fitted({"encoder": "conse", "grounder": "retrieval"}, tmp_path) is None
    assert fitted({"grounder": "hf:other"}, tmp_path) is None
    found = fitted({"encoder": "conse", "grounder": "hf:other"}, tmp_path)
    assert found is not None
    assert found.encoder == Conse.name


def _run_row(folder: Path) -> dict[str, object]:
    row = json.loads((folder / "run.json").read_text())
    assert isinstance(row, dict)
    return row


def _seconds(folder: Path) -> list[dict[str, dict[str, float]]]:
    return [json.loads(line) for line in (folder / "predictions.jsonl").read_text().splitlines()]
