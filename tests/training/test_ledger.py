import json

import pytest

from grounder.errors import DatasetError, SpecError
from grounder.sample import Rollouts, Sample
from grounder.span import Span
from training.ledger import FILE, Ledger, ScoreLog


def rows(*ids, mean=0.5):
    return [
        Sample(one, "a.mp4", 9.0, "a dog", (Span(1, 2),), "test", rollouts=Rollouts(mean, 0.1, 4))
        for one in ids
    ]


def test_a_ledger_is_read_back_as_it_was(tmp_path):
    ledger = Ledger.open(tmp_path / "run", resume=False)
    ledger.choose(rows("a", "b"))
    ledger.finish()
    ledger.choose(rows("b"))
    again = Ledger.open(tmp_path / "run", resume=True)
    assert again.trained == 1
    samples = rows("a", "b", "c")
    assert [[row.id for row in again.rows(number, samples)] for number in (0, 1)] == [
        ["a", "b"],
        ["b"],
    ]
    assert again.rows(2, samples) is None


def test_a_ledger_is_not_overwritten_unasked(tmp_path):
    Ledger.open(tmp_path, resume=False).choose(rows("a"))
    with pytest.raises(SpecError, match=r"curriculum\.json of an earlier run.*--resume"):
        Ledger.open(tmp_path, resume=False)


def test_a_ledger_that_is_none_is_an_error(tmp_path):
    (tmp_path / FILE).write_text("[]")
    with pytest.raises(SpecError, match="Cannot read"):
        Ledger.open(tmp_path, resume=True)


def test_only_one_of_several_processes_writes(tmp_path):
    Ledger(tmp_path / FILE, writes=False).choose(rows("a"))
    assert not (tmp_path / FILE).exists()


def test_rows_that_are_gone_are_named(tmp_path):
    ledger = Ledger(tmp_path / FILE)
    ledger.choose(rows("a", "b"))
    with pytest.raises(DatasetError, match="the row 'b', which the dataset has no longer"):
        ledger.rows(0, rows("a"))


def test_scores_of_all_processes_are_read_and_a_cut_line_is_not(tmp_path):
    first, second = ScoreLog(tmp_path / "round-1", 0), ScoreLog(tmp_path / "round-1", 1)
    first.add(rows("a", "b"))
    second.add(rows("c", mean=0.25))
    path = tmp_path / "round-1" / "scores-0.jsonl"
    with path.open("a") as output:
        output.write(json.dumps([["d", 0.1, 0.2, 4]])[:-3])
    first.add(rows("e"))
    scores = ScoreLog(tmp_path / "round-1", 5).read()
    assert scores == {
        "a": Rollouts(0.5, 0.1, 4),
        "b": Rollouts(0.5, 0.1, 4),
        "c": Rollouts(0.25, 0.1, 4),
        "e": Rollouts(0.5, 0.1, 4),
    }
