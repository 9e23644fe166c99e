import dataclasses
import json
import signal
import subprocess
import sys
from collections import Counter

import pytest

from grounder.cli.main import main
from grounder.sample import Rollouts, Sample, read_samples, write_samples
from grounder.span import Span
from tests.video_factory import colour_video
from training.difficulty import TOGETHER, between

COUNT = 3 * TOGETHER + 2


@pytest.fixture
def rows(tmp_path):
    colour_video(tmp_path / "a.mp4", [("red", 1), ("blue", 1)], size=(64, 64), rate=10)
    samples = [
        Sample(str(number), "a.mp4", 2.0, f"colour {number} of all", (Span(0, 1),), "test")
        for number in range(COUNT)
    ]
    write_samples(tmp_path / "rows.jsonl", samples)
    return tmp_path / "rows.jsonl"


@pytest.fixture
def model(tmp_path):
    rules = [("colour 3 of", "[[0, 1]]"), ("colour 4 of", "[[0, 2]]"), ("colour 5 of", "no idea")]
    lines = [json.dumps({"when": when, "reply": reply}) for when, reply in rules]
    (tmp_path / "rules.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return f"scripted:{tmp_path / 'rules.jsonl'}#timelens2"


def run(*words):
    with pytest.raises(SystemExit) as stop:
        main(["train", "score", *map(str, words)])
    return stop.value.code


def test_rows_come_out_as_they_were_with_their_difficulty(rows, model, capsys):
    output = rows.parent / "rated.jsonl"
    caption = Sample("c", "a.mp4", 2.0, "red", (Span(0, 1),), "test", task="caption", answer="red")
    write_samples(rows, [*read_samples(rows), caption])
    assert not run(rows, "--model", model, "--output", output, "--rollouts", 2, "--json")
    told = json.loads(capsys.readouterr().out)
    before, after = list(read_samples(rows)), list(read_samples(output))
    assert [dataclasses.replace(one, difficulty=None, rollouts=None) for one in after] == before
    assert [after[number].difficulty for number in (3, 4, 5)] == [100.0, 50.0, 0.0]
    assert after[4].rollouts == Rollouts(0.5, 0.0, 2)
    assert after[-1].difficulty is None
    assert (told["rows"], told["scored"], told["asked"]) == (COUNT + 1, COUNT, COUNT)
    assert told["difficulty"] == pytest.approx(150 / COUNT)
    assert [one.id for one in between(after[:-1], seed=0, above=0.8)] == ["3"]
    assert sorted(path.name for path in rows.parent.glob("rated*")) == ["rated.jsonl"]


@pytest.mark.parametrize("cut", ["whole", "torn"])
def test_a_killed_run_asks_nothing_twice_that_was_scored(rows, model, cut):
    words = ["--model", model, "--rollouts", "2", "--seed", "5"]
    output, log = rows.parent / "rated.jsonl", rows.parent / "asked.jsonl"

    def process(blocks):
        command = [*(sys.executable, "-m", "tests.training.score_process"), str(log), str(blocks)]
        return subprocess.run(
            [*command, cut, str(rows), *words, "--output", str(output)], check=False
        ).returncode

    assert process(2) == -signal.SIGKILL
    assert not output.exists()
    assert process(99) == 0
    asked = Counter(log.read_text(encoding="utf-8").splitlines())
    assert len(asked) == 2 * COUNT
    # Of the block that was under way nothing was stored.
    twice = 2 * TOGETHER if cut == "torn" else 0
    assert sum(count > 1 for count in asked.values()) == twice
    whole = rows.parent / "whole.jsonl"
    assert not run(rows, *words, "--output", whole)
    assert whole.read_bytes() == output.read_bytes()


def test_a_run_goes_on_only_as_it_was_begun(rows, model, capsys):
    output = rows.parent / "rated.jsonl"
    part = rows.parent / "rated.jsonl.part"
    part.mkdir()
    (part / "asking.json").write_text(json.dumps({"model": "hf:other"}), encoding="utf-8")
    (part / "scores-0.jsonl").write_text('[["0", 0.5, 0.0, 4]]\n', encoding="utf-8")
    assert run(rows, "--model", model, "--output", output) == 2
    said = capsys.readouterr().err
    assert "was begun otherwise: model was 'hf:other'" in said
    assert "the rows have changed" in said


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--output", "rows.jsonl"], 2, "rows.jsonl is there already. Name another file"),
        (["--output", "x.jsonl", "--model", "gpt"], 2, "'gpt' names no model"),
        (["--output", "x.jsonl", "--longer", "cut"], 2, "longer is 'cut'; choose from"),
        (["--output", "x.jsonl", "--rollouts", "0"], 2, "rollouts"),
    ],
)
def test_what_cannot_be_asked_is_one_message(rows, model, monkeypatch, capsys, words, code, said):
    monkeypatch.chdir(rows.parent)
    assert run(rows, "--model", model, *words) == code
    assert said in capsys.readouterr().err


def test_a_missing_video_is_told_before_a_model_is_read(rows, capsys):
    (rows.parent / "a.mp4").unlink()
    assert run(rows, "--model", "hf:/nowhere", "--output", rows.parent / "x.jsonl") == 1
    said = capsys.readouterr().err
    assert "Row 0: its video" in said
    assert "nowhere" not in said
    assert not list(rows.parent.glob("x.jsonl*"))


def test_two_rows_of_one_id_are_refused(rows, model, capsys):
    write_samples(rows, [*read_samples(rows), *read_samples(rows)])
    assert run(rows, "--model", model, "--output", rows.parent / "x.jsonl") == 1
    assert "2 rows of the id '0'" in capsys.readouterr().err


def test_rows_that_are_written_elsewhere_find_their_videos(rows, model, tmp_path):
    output = tmp_path / "other" / "rated.jsonl"
    output.parent.mkdir()
    assert not run(rows, "--model", model, "--output", output, "--rollouts", 1)
    videos = {sample.video for sample in read_samples(output)}
    assert videos == {"../a.mp4"}
    assert not run(output, "--model", model, "--output", tmp_path / "again.jsonl", "--rollouts", 1)


def test_what_failed_before_anything_was_scored_may_be_asked_otherwise(rows, model, tmp_path):
    output = tmp_path / "rated.jsonl"
    assert run(rows, "--model", "scripted:nowhere.jsonl", "--output", output)
    assert not run(rows, "--model", model, "--output", output, "--rollouts", 1)
