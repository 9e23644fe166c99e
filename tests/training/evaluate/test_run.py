"""`whenwhat eval` as a whole: streamed, killed, resumed, in workers and shards, with videos missing or broken."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.training.evaluate.stage import (
    done,
    folder_of_videos,
    killed,
    predictions,
    run,
    scripted,
)

RULES = (
    ("blue", '[{"start": 4, "end": 8, "confidence": 0.8}]'),
    ("red", '[{"start": 0, "end": 4, "confidence": 0.7}]'),
    ("lime", "[]"),
)


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    return folder_of_videos(tmp_path)


@pytest.fixture
def words(videos: Path) -> list[object]:
    """A whole command line but for --out: a scripted grounder over the two videos."""
    return ["annotated", "--videos", videos, "--system", f"grounder:{scripted(videos, *RULES)}"]


def test_a_run_leaves_everything_that_its_folder_promises(
    words: list[object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = done(capsys, *words, "--out", tmp_path / "run")
    made = json.loads((tmp_path / "run" / "run.json").read_text())
    assert made["system"].startswith("grounder:vlm=scripted:")
    assert made["settings"]["overlap"] == 0.5
    assert (made["benchmark"], made["schema_version"]) == ("annotated", "1")
    assert set(made["versions"]) >= {"whenwhat", "torch"}
    order = ["a:g0", "b:g0", "a:g1", "b:g1", "a:g2"]
    samples = (tmp_path / "run" / "samples.jsonl").read_text().splitlines()
    assert [json.loads(line)["id"] for line in samples] == order
    assert [row["qid"] for row in predictions(tmp_path / "run")] == order
    scores = json.loads((tmp_path / "run" / "scores.json").read_text())
    assert scores.items() <= document.items()
    assert document["run"] == str(tmp_path / "run")
    assert scores["throughput"]["queries"] == 5
    assert sum(scores["throughput"]["share"].values()) == pytest.approx(1, abs=0.001)
    assert scores["abstention"]["queries"] > 0
    assert scores["abstention"]["refusals"]["absent"] == 0  # every query is true somewhere


def test_scoring_the_predictions_alone_gives_the_same_scores(
    words: list[object], videos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from grounder.cli.main import main

    document = done(capsys, *words, "--out", tmp_path / "run")
    with pytest.raises(SystemExit):
        main(["score", "annotated", "--json", "--annotations", str(videos / "annotations.jsonl"),
              "--predictions", str(tmp_path / "run" / "predictions.jsonl")])  # fmt: skip
    scored = json.loads(capsys.readouterr().out)
    assert scored["tables"] == document["tables"]


@pytest.mark.parametrize(("count", "torn"), [(1, True), (3, False)])
def test_a_run_that_is_killed_goes_on_and_ends_the_same(
    words: list[object], tmp_path: Path, count: int, torn: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    done(capsys, *words, "--out", tmp_path / "clean")
    killed(count, [*words, "--out", tmp_path / "run"], torn=torn)
    assert not (tmp_path / "run" / "scores.json").exists()
    half = (tmp_path / "run" / "predictions.jsonl").read_bytes()
    assert half.count(b"\n") == count
    code, _, err = run(capsys, *words, "--out", tmp_path / "run")
    assert code == 0
    assert f"{count} of 5 predictions are in" in err
    assert predictions(tmp_path / "run") == predictions(tmp_path / "clean")
    # What was written before the kill was not asked again.
    for line in half.split(b"\n")[:count]:
        assert line in (tmp_path / "run" / "predictions.jsonl").read_bytes()


def test_a_second_process_waits_for_the_one_that_has_the_folder(
    videos: Path, tmp_path: Path
) -> None:
    from training.evaluate.folder import RunFolder

    folder = RunFolder(tmp_path / "run")
    command = [sys.executable, "-m", "grounder.cli.main", "eval", "annotated", "--videos", str(videos),
               "--system", "whole", "--out", str(folder.path)]  # fmt: skip
    with folder.held(waiting=lambda: None):
        second = subprocess.Popen(
            command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
        )
        assert second.stderr is not None
        assert b"Another process runs" in second.stderr.readline()
        assert not (folder.path / "run.json").exists()
    assert second.wait(timeout=60) == 0
    second.stderr.close()
    assert len(predictions(folder.path)) == 5


def test_a_folder_of_another_run_is_refused(
    words: list[object], videos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done(capsys, *words, "--out", tmp_path / "run")
    code, _, err = run(
        capsys, "annotated", "--videos", videos, "--system", "whole", "--out", tmp_path / "run"
    )
    assert code == 1
    assert "was begun with system 'grounder:vlm=scripted:" in err
    assert "not 'whole'" in err


def test_two_workers_and_two_shards_say_what_one_process_says(
    words: list[object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done(capsys, *words, "--out", tmp_path / "one")
    done(capsys, *words, "--out", tmp_path / "two", "--workers", 2)
    assert predictions(tmp_path / "two") == predictions(tmp_path / "one")
    for shard in (1, 2):
        done(capsys, *words, "--out", tmp_path / f"s{shard}", "--shard", f"{shard}/2")
    assert {row["qid"][0] for row in predictions(tmp_path / "s1")} == {"a"}
    merging = ["--merge", tmp_path / "s2", "--merge", tmp_path / "s1"]
    whole = done(capsys, *merging, "--out", tmp_path / "all")
    assert predictions(tmp_path / "all") == predictions(tmp_path / "one")
    single = json.loads((tmp_path / "one" / "scores.json").read_text())
    assert whole["tables"] == single["tables"]
    code, _, err = run(
        capsys, "--merge", tmp_path / "s1", "--merge", tmp_path / "s1", "--out", tmp_path / "no"
    )
    assert code == 1
    assert "These are the shards 1/2, 1/2. Give each of 1/n to n/n once." in err


def test_a_video_that_is_missing_or_broken_is_data_and_is_asked_again_once_it_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    videos = folder_of_videos(tmp_path, videos=("a",))
    words = [
        "annotated",
        "--videos",
        videos,
        "--system",
        f"grounder:{scripted(videos, *RULES)}",
        "--out",
        tmp_path / "run",
    ]
    code, out, err = run(capsys, *words)
    assert code == 0
    assert "b is not in" in err
    assert "2 queries could not be asked: VideoError: The video b is not there." in err
    assert "unreadable 40.0%" in out
    rows = {row["qid"]: row for row in predictions(tmp_path / "run")}
    assert (rows["b:g0"]["status"], rows["b:g0"]["outcome"], rows["a:g0"]["status"]) == (
        "error",
        None,
        "ok",
    )
    (videos / "b.mp4").write_bytes(b"no video at all")
    code, _, err = run(capsys, *words)
    assert "3 of 5 predictions are in" in err
    assert "2 queries could not be asked: VideoError: Cannot open" in err
    folder_of_videos(tmp_path)
    document = done(capsys, *words)
    assert document["rates"]["failed"] == 0.2  # of yellow the script knows nothing
    assert document["tables"]["strict"]["values"]["mIoU"]["queries"] == 5


def test_a_split_and_a_limit_choose_queries(
    videos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["annotated", "--videos", videos, "--system", "random"]
    done(capsys, *words, "--split", "test", "--out", tmp_path / "test")
    assert [row["qid"] for row in predictions(tmp_path / "test")] == ["b:g0", "b:g1"]
    done(capsys, *words, "--limit", 3, "--out", tmp_path / "three")
    done(capsys, *words, "--out", tmp_path / "all")
    assert predictions(tmp_path / "three") == predictions(tmp_path / "all")[:3]
    code, _, err = run(capsys, *words, "--split", "val", "--out", tmp_path / "none")
    assert code == 1
    assert "annotated has no split 'val' here: its rows name dev, test." in err


@pytest.mark.parametrize(
    ("system", "windows"),
    [("whole", [0.0, 12.0, 1.0]), ("centre", [3.0, 9.0, 1.0]), ("train-mean:{}", [4.8, 9.6, 1.0])],
)
def test_blind_baselines_need_no_video(
    tmp_path: Path, system: str, windows: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    videos = folder_of_videos(tmp_path, videos=())
    train = tmp_path / "train.jsonl"
    row = {
        "type": "grounding",
        "qid": "t",
        "vid": "t",
        "duration": 10,
        "query": "x",
        "relevant_windows": [[4, 8]],
    }
    train.write_text(json.dumps(row) + "\n")
    done(
        capsys,
        "annotated",
        "--videos",
        videos,
        "--system",
        system.format(train),
        "--out",
        tmp_path / "run",
    )
    assert predictions(tmp_path / "run")[0]["windows"] == [windows]


def test_a_rendered_world_counts_refusals_where_nothing_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from grounder.cli.main import main

    with pytest.raises(SystemExit):
        main(["world", str(tmp_path / "w"), "--count", "1", "--length", "20", "--size", "96x64",
              "--rate", "4", "--split", "test", "--json"])  # fmt: skip
    capsys.readouterr()
    model = scripted(tmp_path, ("", "[]"))
    document = done(
        capsys,
        "world",
        "--videos",
        tmp_path / "w",
        "--system",
        f"grounder:{model}",
        "--out",
        tmp_path / "run",
    )
    values = document["tables"]["strict"]["values"]
    assert values["Refused"]["percent"] == values["Refused wrongly"]["percent"] == 100.0
    assert values["mIoU"]["percent"] == 0.0


ERRORS: list[tuple[list[str], int, str]] = [
    (["tvshows"], 2, "'tvshows' is no benchmark. Known: activitynet-captions,"),
    ([], 2, "Name a benchmark, as in `whenwhat eval qvhighlights`."),
    (["annotated", "--system", "oracle"], 2, "'oracle' is no system. Write one of:"),
    (["annotated", "--system", "agent", "--mode", "sideways"], 2, "mode is 'sideways'; choose one of uniform"),
    (["annotated", "--answers", "uniform,sideways"], 2, "No mode is called 'sideways'. Choose from uniform"),
    (["annotated", "--answers", "uniform", "--frames", "8,0"], 2, "--frames holds '0'; write numbers above 0"),
    (["annotated", "--answers", "uniform", "--system", "whole"], 2, "--answers needs a system that answers"),
    (["charades-sta", "--system", "whole"], 1, "Download charades_sta_test.txt of github.com/jiyanggao/TALL and put it there"),
    (["annotated", "--videos", "nowhere", "--annotations", "{}"], 1, "nowhere is no folder. Give the folder that holds"),
    (["annotated", "--annotations", "{}", "--system", "retrieval:conse"], 1, "None of the videos of annotated is in"),
    (["annotated", "--annotations", "{}", "--system", "whole", "--shard", "3/2"], 2, "--shard is '3/2'; write i/n"),
    (["--merge", "a"], 2, "--merge needs --out"),
    (["--compare", "a", "b"], 1, "a holds no run: run.json is not there"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "code", "told"), ERRORS)
def test_what_is_wrong_is_told_before_anything_is_loaded_or_written(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    code: int,
    told: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    home = folder_of_videos(tmp_path, videos=())
    monkeypatch.setenv("WHENWHAT_BENCHMARKS", str(tmp_path / "benchmarks"))
    monkeypatch.chdir(tmp_path)
    ended, _, err = run(capsys, *(word.format(home / "annotations.jsonl") for word in words))
    assert ended == code
    assert told in " ".join(err.split()).replace(" ", " ") or told in err
    assert not (tmp_path / "runs").exists()


def test_a_wrong_command_line_with_json_prints_a_document(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out, _ = run(capsys, "annotated", "--system", "oracle", "--json")
    document: dict[str, Any] = json.loads(out)
    assert (code, document["status"], document["error"]["kind"]) == (2, "error", "SpecError")
