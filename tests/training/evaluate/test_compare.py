import json
from pathlib import Path

import numpy as np
import pytest

from tests.training.evaluate.stage import done, folder_of_videos, run
from training.evaluate.compare import differences
from training.metrics.interval import DRAWS

VIDEOS = [f"v{number // 2}" for number in range(40)]


def test_a_run_against_itself_differs_by_nothing() -> None:
    column = np.random.default_rng(0).random(40)
    found = differences({"mIoU": column}, {"mIoU": column}, VIDEOS)["mIoU"]
    assert (found.difference, found.interval, found.chance) == (0.0, (0.0, 0.0), 1.0)


def test_pairs_show_a_difference_that_the_spread_of_the_queries_would_hide() -> None:
    first = np.random.default_rng(0).random(40)
    found = differences({"mIoU": first}, {"mIoU": first + 0.01}, VIDEOS)["mIoU"]
    assert found.difference == pytest.approx(1.0)
    assert found.interval == (pytest.approx(1.0), pytest.approx(1.0))
    assert found.chance == 1 / DRAWS
    back = differences({"mIoU": first + 0.01}, {"mIoU": first}, VIDEOS)["mIoU"]
    assert back.difference == pytest.approx(-1.0)
    assert back.chance == found.chance


def test_noise_is_not_called_a_difference() -> None:
    dice = np.random.default_rng(1)
    first, second = dice.random(40), dice.random(40)
    found = differences({"mIoU": first}, {"mIoU": second}, VIDEOS)["mIoU"]
    assert found.interval[0] < 0 < found.interval[1]
    assert found.chance > 0.05


def test_only_queries_that_count_in_both_are_compared() -> None:
    first, second = np.array([1.0, np.nan, 0.0]), np.array([0.0, 1.0, np.nan])
    found = differences({"a": first, "b": first}, {"a": second}, ["v", "v", "w"])
    assert set(found) == {"a"}
    assert (found["a"].first, found["a"].second, found["a"].queries) == (100.0, 0.0, 1)


def test_two_runs_side_by_side_tell_what_only_one_of_them_has(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    videos = folder_of_videos(tmp_path, videos=())
    words = ["annotated", "--videos", videos]
    done(capsys, *words, "--system", "whole", "--out", tmp_path / "whole")
    done(capsys, *words, "--system", "centre", "--limit", 4, "--out", tmp_path / "centre")
    document = done(capsys, "--compare", tmp_path / "whole", tmp_path / "centre")
    assert (document["queries"], document["only"], document["changed"]) == (4, [1, 0], 0)
    assert document["settings"] == {"limit": [None, 4]}
    # Whole against centre half: 4/12, 4/8, 4/12, 4/8 against 1/9, 2/6, 4/6, 2/6.
    assert document["metrics"]["mIoU"]["first"] == pytest.approx(100 * (1 / 3 + 1 / 2) / 2)
    assert document["metrics"]["mIoU"]["second"] == pytest.approx(
        100 * (1 / 9 + 1 / 3 + 2 / 3 + 1 / 3) / 4
    )
    code, out, _ = run(capsys, "--compare", tmp_path / "whole", tmp_path / "centre")
    assert code == 0
    assert "left out: 1 queries of A alone, 0 of B alone, 0 whose labels differ" in out
    assert "| mIoU | 41.67 | 36.11 | -5.56 [" in out


def test_runs_of_two_benchmarks_are_not_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    videos = folder_of_videos(tmp_path, videos=())
    for name in ("annotated", "annotated-qa"):
        done(capsys, name, "--videos", videos, "--system", "whole", "--out", tmp_path / name)
    code, _, err = run(capsys, "--compare", tmp_path / "annotated", tmp_path / "annotated-qa")
    assert code == 1
    assert "is a run of annotated, " in err
    samples = tmp_path / "annotated" / "samples.jsonl"
    changed = [json.loads(line) | {"spans": [[0, 1]]} for line in samples.read_text().splitlines()]
    other = tmp_path / "other"
    done(capsys, "annotated", "--videos", videos, "--system", "centre", "--out", other)
    (other / "samples.jsonl").write_text("".join(json.dumps(row) + "\n" for row in changed))
    code, _, err = run(capsys, "--compare", tmp_path / "annotated", other)
    assert (code, "share no query" in err) == (1, True)
