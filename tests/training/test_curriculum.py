from dataclasses import replace

import pytest

from grounder.errors import DatasetError
from grounder.sample import Sample
from grounder.span import Span
from training.choice import Choice
from training.curriculum import Curriculum

KEEP = Choice("between", {"above": 0.0, "at_most": 0.7})


def samples(*difficulties):
    return [
        Sample(str(number), "a.mp4", 10.0, "a dog", (Span(1, 2),), "test", difficulty=value)
        for number, value in enumerate(difficulties)
    ]


def test_every_round_trains_on_what_the_model_can_learn_from_now():
    trained = []

    def score(rows):
        # The model gets better with every round.
        return [replace(row, difficulty=row.difficulty + 30 * len(trained)) for row in rows]

    def train(rows, epochs):
        trained.append(([row.id for row in rows], epochs))

    rows = samples(0, 5, 35, 45)
    curriculum = Curriculum(KEEP, rounds=2, first_epochs=5)
    rounds = curriculum.run(rows, chosen=rows[1:], train=train, score=score)
    assert trained == [(["1", "2", "3"], 5), (["0", "1", "2"], 1), (["0", "1"], 1)]
    assert [[row.id for row in kept] for kept in rounds] == [ids for ids, _ in trained]


def test_a_round_without_rows_is_an_error():
    curriculum = Curriculum(KEEP, rounds=1)
    rows = samples(0, 100)
    with pytest.raises(DatasetError, match="Round 1: the filter 'between' leaves none of 2 rows"):
        curriculum.run(rows, chosen=rows, train=lambda rows, epochs: None, score=lambda rows: rows)
