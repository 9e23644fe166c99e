"""`whenwhat score`."""

import json
from pathlib import Path

import pytest

from grounder.cli.main import installed_commands
from tests.training.scoring import lines, run, scored, values
from training.benchmarks import BENCHMARKS

TRUTH = [
    {"qid": 1, "query": "a", "vid": "v1", "duration": 150, "relevant_windows": [[0, 10]],
     "relevant_clip_ids": [0, 1, 2, 3, 4], "saliency_scores": [[4, 4, 4]] * 5},
    {"qid": 2, "query": "b", "vid": "v2", "duration": 150, "relevant_windows": [[40, 100]],
     "relevant_clip_ids": [20], "saliency_scores": [[2, 3, 4]]},
]  # fmt: skip


RIGHT = [
    {"qid": 1, "pred_relevant_windows": [[0, 10, 0.9]]},
    {"qid": 2, "pred_relevant_windows": [[40, 100, 0.9]]},
]


def test_score_is_a_command() -> None:
    assert "score" in installed_commands()


def test_a_half_done_file_is_refused_officially_and_scored_strictly_with_zeros(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truth, half = lines(tmp_path / "t.jsonl", TRUTH), lines(tmp_path / "p.jsonl", RIGHT[:1])
    words = ("qvhighlights", "--predictions", half, "--annotations", truth)
    document = scored(capsys, *words)
    assert document["tables"]["official"]["values"] == {}
    assert "1 are missing (2, …)" in document["tables"]["official"]["refused"]
    strict = document["tables"]["strict"]["values"]["MR-full-R1@0.5"]
    assert (strict["percent"], strict["queries"]) == (50.0, 2)
    assert document["rates"] == {
        "queries": 2,
        "videos": 2,
        "missing": 0.5,
        "failed": 0.0,
        "repaired": 0.0,
    }
    code, out, err = run(capsys, *words)
    assert code == 0
    assert "official: refused. The official script wants a prediction for every qid: 1 are" in out
    assert "missing 50.0%" in out
    assert f"warning: {truth}:2: query '2' has no prediction." in err


def test_an_unreadable_reply_stays_in_every_denominator(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truth = tmp_path / "t.txt"
    truth.write_text("AB 0 10##x\nCD 0 10##y\n", encoding="utf-8")
    rows = [{"qid": "charades_0", "pred": [0, 10]}, {"qid": "charades_1", "pred": [None, None]}]
    document = scored(
        capsys, "charades-sta", "--predictions", lines(tmp_path / "p.jsonl", rows), "--annotations", truth
    )  # fmt: skip
    assert document["rates"]["failed"] == 0.5
    assert values(document, "official")["mIoU"] == values(document, "strict")["mIoU"] == 50.0


def test_the_errors_of_a_file_of_another_split_say_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = lines(tmp_path / "p.jsonl", [{"qid": 9999, "pred_relevant_windows": []}])
    truth = lines(tmp_path / "t.jsonl", TRUTH)
    code, _, err = run(capsys, "qvhighlights", "--predictions", rows, "--annotations", truth)
    assert code == 1
    assert "Give the files of one split" in err


def test_missing_annotations_are_told_with_source_and_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHENWHAT_BENCHMARKS", str(tmp_path))
    rows = lines(tmp_path / "p.jsonl", RIGHT)
    code, _, err = run(capsys, "qvhighlights", "--predictions", rows)
    assert code == 1
    assert f"{tmp_path}/qvhighlights/highlight_val_release.jsonl is not there. Download" in err
    (tmp_path / "qvhighlights").mkdir()
    lines(tmp_path / "qvhighlights" / "highlight_val_release.jsonl", TRUTH)
    assert (
        values(scored(capsys, "qvhighlights", "--predictions", rows), "official")["MR-full-mAP"]
        == 100.0
    )


def test_an_unknown_benchmark_is_a_usage_error_that_lists_the_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = run(capsys, "imagenet", "--predictions", tmp_path)
    assert code == 2
    assert "'imagenet' is no benchmark" in err


@pytest.mark.parametrize("name", sorted(BENCHMARKS))
def test_a_benchmark_names_only_columns_that_it_measures(name: str) -> None:
    from tests.training.metrics.cases import case
    from training.metrics.case import STRICT

    benchmark = BENCHMARKS[name]
    label_extra = {"relevant_clip_ids": [1], "saliency_scores": [[1, 2, 4]]}
    example = case([(0, 5)], [(0, 5)], saliency=[1.0], answer="A")
    full = type(example)(
        type(example.label)("q", "v", "a", ((0, 5),), "s", "p", 100.0, extra=label_extra), example.predicted
    )  # fmt: skip
    assert set(benchmark.headline) <= set(benchmark.measure([full], STRICT))


def test_a_benchmark_is_one_small_file(pytestconfig: pytest.Config) -> None:
    folder = pytestconfig.rootpath / "training" / "benchmarks"
    for name, benchmark in BENCHMARKS.items():
        assert benchmark.name == name
        path = folder / f"{benchmark.measure.__module__.rpartition('.')[2]}.py"
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 60


def test_rows_of_ours_are_scored_with_their_refusals(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = {"video": "a.mp4", "duration": 60, "query": "q", "source": "made up"}
    truth = [
        row | {"id": "a", "spans": [[0, 10], [20, 30]], "meta": {"kind": "one"}},
        row | {"id": "b", "spans": []},
        row | {"id": "c", "spans": []},
        row | {"id": "d", "spans": []},
        row | {"id": "e", "spans": [[1, 2]], "task": "shots"},
    ]
    said = [
        {"id": "a", "spans": [[20, 30]]},
        {"id": "b", "spans": []},
        {"id": "c", "spans": [], "status": "failed"},
        {"id": "d", "spans": [[1, 2]]},
    ]
    document = scored(
        capsys, "rows", "--predictions", lines(tmp_path / "p.jsonl", said),
        "--annotations", lines(tmp_path / "t.jsonl", truth),
    )  # fmt: skip
    strict = document["tables"]["strict"]["values"]
    assert {name: (value["percent"], value["queries"]) for name, value in strict.items() if "R" in name} == {
        "R1@0.3": (100, 1), "R1@0.5": (100, 1), "R1@0.7": (100, 1),
        "Refused": (pytest.approx(100 / 3), 3), "Refused wrongly": (0, 1),
    }  # fmt: skip
    assert document["rates"]["failed"] == 0.25
    assert document["problems"] == []


def test_the_annotated_videos_are_scored_by_split(
    shared_videos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = shared_videos / "annotations.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    truth = [row for row in rows if row["type"] == "grounding"]
    right = [{"qid": row["qid"], "spans": row["relevant_windows"][-1:]} for row in truth]
    words = ("--predictions", lines(tmp_path / "p.jsonl", right), "--annotations", path)
    document = scored(capsys, "annotated", *words)
    assert document["rates"]["queries"] == len(truth)
    groups = document["tables"]["strict"]["groups"]
    assert {group["mIoU"]["percent"] for group in groups.values()} == {100.0}
    assert set(groups) == {row["split"] for row in truth}


def test_times_may_be_shares_of_the_video(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = {"duration": 30, "fps": 25, "location": {"1": [[0, 10]], "2": [[15, 30]]}}
    (tmp_path / "gsub.json").write_text(json.dumps({"88": entry}), encoding="utf-8")
    # A third of 30 is 9.9999 and becomes 10.0.
    rows = lines(tmp_path / "p.json", [{"88_1": [0, 0.33333], "88_2": [0.5, 1]}])
    words = ("nextgqa", "--predictions", rows, "--annotations", tmp_path / "gsub.json")
    assert values(scored(capsys, *words, "--shares"), "strict")["mIoU"] == 100.0
    assert values(scored(capsys, *words), "strict")["mIoU"] < 5


def test_a_training_set_without_lengths_is_a_usage_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truth = tmp_path / "t.txt"
    truth.write_text("AB 0 10##x\n", encoding="utf-8")
    rows = lines(tmp_path / "p.jsonl", [{"qid": "charades_0", "pred": [0, 10]}])
    code, _, err = run(
        capsys, "charades-sta", "--predictions", rows, "--annotations", truth, "--train", truth
    )
    assert code == 2
    assert "No training label has both a duration and a span" in " ".join(err.split())
