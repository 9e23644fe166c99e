"""`whenwhat score` by the rules of each benchmark, and with the numbers that were published."""

import json
from pathlib import Path

import pytest

from tests.training.scoring import lines, run, scored, values


def test_every_figure_moment_detr_published_comes_out(
    shared_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shared_folder / "eval" / "qvhighlights"
    document = scored(
        capsys, "qvhighlights", "--predictions", folder / "moment_detr_val_preds.jsonl",
        "--annotations", folder / "highlight_val_release.jsonl",
    )  # fmt: skip
    published = json.loads((folder / "moment_detr_val_metrics.json").read_text(encoding="utf-8"))
    expected = published.pop("brief")
    for name, kinds in published.items():
        for kind, figures in kinds.items():
            if name.startswith("HL"):
                expected[f"{name}-{kind.removeprefix('HL-')}"] = figures
                continue
            for level, figure in figures.items():
                suffix = "" if level == "average" else f"@{level}"
                expected[f"MR-{name}-{kind.removeprefix('MR-')}{suffix}"] = figure
    official = values(document, "official")
    assert len(expected) == 4 * 21 + 6
    assert {name: official[name] for name in expected} == expected
    # These predictions have no fault but two ends past their video, which move no figure of the brief.
    assert document["problem_counts"] == {"out of range": 2}
    strict = values(document, "strict")
    assert {name: round(strict[name], 2) for name in expected} == expected


def test_the_numbers_vtg_gpt_published_come_out(
    shared_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shared_folder / "eval" / "qvhighlights"
    document = scored(
        capsys, "qvhighlights", "--predictions", folder / "vtg_gpt_val_preds.jsonl",
        "--annotations", folder / "highlight_val_release.jsonl",
    )  # fmt: skip
    names = ("R1@0.5", "R1@0.7", "mAP@0.5", "mAP@0.75", "mAP")
    figures = [values(document, "official")[f"MR-full-{name}"] for name in names]
    assert figures == [59.03, 38.9, 56.11, 35.44, 35.57]
    low, high = document["tables"]["official"]["values"]["MR-full-R1@0.5"]["interval"]
    assert low < 59.03 < high
    assert 3 < high - low < 7  # 1519 videos: about 1.96 * sqrt(.59 * .41 / 1519) on each side


@pytest.mark.parametrize(
    ("preset", "queries", "percent"), [("official", 1, 100.0), ("strict", 2, 50.0)]
)
def test_time_r1_means_over_what_is_predicted_and_strict_over_all(
    preset: str, queries: int, percent: float, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truth = tmp_path / "t.txt"
    truth.write_text("AB 0 10##x\nCD 0 10##y\n", encoding="utf-8")
    rows = lines(tmp_path / "p.jsonl", [{"qid": "charades_0", "pred": [0, 10]}])
    document = scored(capsys, "charades-sta", "--predictions", rows, "--annotations", truth)
    value = document["tables"][preset]["values"]["R1@0.7"]
    assert (value["percent"], value["queries"]) == (percent, queries)
    assert document["baselines"] == {}  # no lengths, no baselines
    assert (
        "lengths of the videos are not known"
        in run(capsys, "charades-sta", "--predictions", rows, "--annotations", truth)[2]
    )


def test_tvgbench_is_reported_by_kind_beside_baselines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        {"path": f"{n}.mp4", "question": "q", "answer": "0.0-50.0", "duration": 100, "source": "a/x.json", "qsemtype": kind}
        for n, kind in enumerate(["Human Pose", "Human Pose", "Object Counting"])
    ]  # fmt: skip
    truth = tmp_path / "t.json"
    truth.write_text(json.dumps(rows), encoding="utf-8")
    predictions = [
        {"qid": "x_0", "pred": [0, 50]},
        {"qid": "x_1", "pred": [50, 99]},
        {"qid": "x_2", "pred": [0, 100]},
    ]
    words = (
        "tvgbench",
        "--predictions",
        lines(tmp_path / "p.jsonl", predictions),
        "--annotations",
        truth,
        "--train",
        truth,
    )
    document = scored(capsys, *words)
    groups = document["tables"]["strict"]["groups"]
    assert {name: group["mIoU"]["percent"] for name, group in groups.items()} == {
        "Human Pose": 50.0,
        "Object Counting": 50.0,
    }
    # IoU 0.5 exactly: Time-R1 wants more than the threshold, strict takes it.
    assert values(document, "official")["R1@0.5"] == pytest.approx(100 / 3)
    assert values(document, "strict")["R1@0.5"] == pytest.approx(200 / 3)
    assert document["baselines"]["whole video"]["mIoU"] == 50.0
    assert document["baselines"]["mean span of training"]["mIoU"] == pytest.approx(100)
    out = run(capsys, *words)[1]
    assert "Human Pose (2), strict: R1@0.3 50.00" in out
    assert "| mean span of training |" in out


def test_nextgqa_is_scored_with_the_answers_of_its_own_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = {"duration": 30, "fps": 25, "location": {"1": [[0, 10]], "2": [[5, 9]], "3": [[1, 2]]}}
    for name, content in {
        "gsub.json": {"88": entry},
        "p.json": {"88_1": [0, 12], "88_2": [5, 9]},
        "a.json": {f"88_{n}": {"prediction": 1, "answer": 1} for n in (1, 2, 3)},
    }.items():
        (tmp_path / name).write_text(json.dumps(content), encoding="utf-8")
    document = scored(
        capsys, "nextgqa", "--predictions", tmp_path / "p.json", "--annotations", tmp_path / "gsub.json",
        "--answers", tmp_path / "a.json",
    )  # fmt: skip
    official = document["tables"]["official"]["values"]
    # The third question has no prediction: the official script leaves it out. One decimal.
    assert (official["mIoP"]["percent"], official["mIoP"]["queries"]) == (91.7, 2)
    assert official["Acc@GQA"]["percent"] == 100.0
    assert document["tables"]["strict"]["values"]["Acc@GQA"]["percent"] == pytest.approx(200 / 3)


def test_rextime_rounds_each_number_but_the_accuracies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truth = [
        {
            "qid": f"q{n}",
            "query": "why",
            "duration": 90,
            "vid": f"v{n}",
            "relevant_windows": [[0, 30]],
            "ans": "B",
        }
        for n in range(3)
    ]
    predictions = [
        {
            "qid": f"q{n}",
            "pred_relevant_windows": [[0, 30 if n else 10]],
            "ans": "B" if n < 2 else "A",
        }
        for n in range(3)
    ]
    document = scored(
        capsys, "rextime", "--predictions", lines(tmp_path / "p.jsonl", predictions),
        "--annotations", lines(tmp_path / "t.jsonl", truth),
    )  # fmt: skip
    official = values(document, "official")
    assert (official["mIoU"], official["R1@0.3"], official["R1@0.5"]) == (77.78, 100.0, 66.67)
    accuracies = [official["Acc@QA"], official["Acc@IoU0.5"]]
    assert accuracies == pytest.approx([200 / 3, 100 / 3], abs=1e-12)


def test_ego4d_means_three_overlaps_officially_and_wants_more_than_the_threshold(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    queries = [{"clip_start_sec": 0, "clip_end_sec": 10, "query": "where"}] * 2
    annotation = {"annotation_uid": "a", "language_queries": queries}
    clip = {"clip_uid": "c", "clip_start_sec": 0, "clip_end_sec": 480, "annotations": [annotation]}
    truth = tmp_path / "t.json"
    truth.write_text(
        json.dumps({"videos": [{"video_uid": "v", "clips": [clip]}]}), encoding="utf-8"
    )
    result = {
        "clip_uid": "c",
        "annotation_uid": "a",
        "query_idx": 0,
        "predicted_times": [[0, 5], [0, 10]],
    }
    predictions = tmp_path / "p.json"
    predictions.write_text(json.dumps({"version": "1.0", "results": [result]}), encoding="utf-8")
    document = scored(capsys, "ego4d-nlq", "--predictions", predictions, "--annotations", truth)
    official = values(document, "official")
    # The first window overlaps by 0.5 exactly, the second fully; the second query has no prediction.
    assert official == {"R1@0.3": 100, "R5@0.3": 100, "R1@0.5": 0, "R5@0.5": 100, "mIoU": 75.0}
    assert values(document, "strict") == {
        "R1@0.3": 50,
        "R5@0.3": 50,
        "R1@0.5": 50,
        "R5@0.5": 50,
        "mIoU": 25.0,
    }


def test_mad_ranks_reach_to_a_hundred(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = {"movie": "m", "movie_duration": 5000, "sentence": "s", "ext_timestamps": [0, 10]}
    truth = tmp_path / "t.json"
    truth.write_text(json.dumps({"17": row, "18": row}), encoding="utf-8")
    windows = [[100 + n, 101 + n] for n in range(60)] + [[0, 10]]
    rows = lines(
        tmp_path / "p.jsonl", [{"qid": "17", "spans": windows}, {"qid": "18", "spans": [[0, 1]]}]
    )
    document = scored(capsys, "mad", "--predictions", rows, "--annotations", truth)
    official = values(document, "official")
    assert (official["R50@0.5"], official["R100@0.5"]) == (0, 50)
    # 0.1 exactly is not above 0.1.
    assert (official["R1@0.1"], values(document, "strict")["R1@0.1"]) == (0, 50)
