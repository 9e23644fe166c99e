from dataclasses import replace

import pytest

from grounder.errors import DatasetError
from grounder.sample import Sample
from grounder.span import Span
from training.choice import Choice
from training.curriculum import Curriculum
from training.ledger import FILE, Ledger

KEEP = Choice("between", {"above": 0.0, "at_most": 0.7})


class Killed(BaseException):
    """Stands for the end of a process."""


def samples(*difficulties):
    return [
        Sample(str(number), "a.mp4", 10.0, "a dog", (Span(1, 2),), "test", difficulty=value)
        for number, value in enumerate(difficulties)
    ]


class Learner:
    """A model that gets better with every round, and may be killed before it does something."""

    def __init__(self, killed_before=None):
        self.killed_before = killed_before
        self.done = []

    def score(self, number, rows):
        self._do(("score", number))
        return [replace(row, difficulty=row.difficulty + 30 * number) for row in rows]

    def train(self, number, rows, epochs):
        self._do(("train", number, [row.id for row in rows], epochs))

    def _do(self, what):
        if what[:2] == self.killed_before:
            raise Killed
        self.done.append(what)


def run(learner, folder, *, resume=False):
    rows = samples(0, 5, 35, 45)
    rounds = Curriculum(KEEP, rounds=2, first_epochs=5).run(
        rows,
        chosen=rows[1:],
        train=learner.train,
        score=learner.score,
        ledger=Ledger.open(folder, resume=resume),
    )
    return [[row.id for row in kept] for kept in rounds]


WHOLE = [
    ("train", 0, ["1", "2", "3"], 5),
    ("score", 1),
    ("train", 1, ["0", "1", "2"], 1),
    ("score", 2),
    ("train", 2, ["0", "1"], 1),
]


def test_every_round_trains_on_what_the_model_can_learn_from_now(tmp_path):
    learner = Learner()
    assert run(learner, tmp_path) == [["1", "2", "3"], ["0", "1", "2"], ["0", "1"]]
    assert learner.done == WHOLE


@pytest.mark.parametrize("place", range(len(WHOLE)))
def test_a_killed_curriculum_does_what_is_left_and_nothing_twice(tmp_path, place):
    first, second = Learner(WHOLE[place][:2]), Learner()
    with pytest.raises(Killed):
        run(first, tmp_path)
    assert run(second, tmp_path, resume=True) == [["1", "2", "3"], ["0", "1", "2"], ["0", "1"]]
    assert first.done + second.done == WHOLE


def test_a_finished_curriculum_has_nothing_left_to_do(tmp_path):
    run(Learner(), tmp_path)
    again = Learner()
    run(again, tmp_path, resume=True)
    assert again.done == []


def test_a_round_with_less_than_a_generation_batch_is_not_begun(tmp_path):
    rows, learner = samples(0, 5, 35), Learner()

    def run(folder, *, resume=False, fewest=3):
        Curriculum(Choice("between", {"at_most": 0.5}), rounds=1).run(
            rows,
            chosen=rows,
            train=learner.train,
            score=learner.score,
            ledger=Ledger.open(folder, resume=resume),
            fewest=fewest,
        )

    with pytest.raises(DatasetError, match="Round 1: 2 rows are left, and a generation batch tak"):
        run(tmp_path)
    assert learner.done[-1] == ("score", 1)
    run(tmp_path, resume=True, fewest=2)
    assert learner.done[-1] == ("train", 1, ["0", "1"], 1)


def test_a_round_without_rows_is_an_error(tmp_path):
    rows = samples(0, 100)
    with pytest.raises(DatasetError, match="Round 1: the filter 'between' leaves none of 2 rows"):
        Curriculum(KEEP, rounds=1).run(
            rows,
            chosen=rows,
            train=lambda number, rows, epochs: None,
            score=lambda number, rows: rows,
            ledger=Ledger(tmp_path / FILE),
        )
