"""The agent under measurement, with the encoder that comes with the packages."""

from pathlib import Path

import pytest

from tests.training.evaluate.stage import done, predictions, scripted


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


def _seconds(folder: Path) -> list[dict[str, dict[str, float]]]:
    import json

    return [json.loads(line) for line in (folder / "predictions.jsonl").read_text().splitlines()]
