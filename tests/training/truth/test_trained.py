"""One grounder on built rows, one on true rows: the plan, the rows, and what is told of both."""

import random
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from grounder.errors import DatasetError
from grounder.sample import Sample
from grounder.span import Span
from tests.training.evaluate.stage import done, folder_of_videos
from training.truth.pairs import as_many, usable
from training.truth.trained import main, markdown
from training.truth.trial import BUILT, START, TRUE, Trial, jobs, read_verdict, settle

TRIAL = Trial("nano", 4, 3, 45.0, 10, 5.0, "conse", 0)


def rows(count: int, *spans: Span) -> list[Sample]:
    return [
        Sample(str(n), "v.mp4", 60.0, "a red circle", spans or (Span(n, n + 1),), "x")
        for n in range(count)
    ]


def test_of_both_kinds_as_many_rows_are_taken_in_their_order() -> None:
    built, true = as_many(rows(3), rows(40), random.Random(0))
    assert [row.id for row in built] == ["0", "1", "2"]
    numbers = [int(row.id) for row in true]
    assert len(set(numbers)) == 3
    assert numbers == sorted(numbers)
    assert numbers != [0, 1, 2]
    with pytest.raises(DatasetError, match="0 rows were built and 2 are true"):
        as_many([], rows(2), random.Random(0))


def test_refusals_and_rows_of_several_spans_are_left_out() -> None:
    several, refusal = rows(1, Span(0, 1), Span(4, 5))[0], replace(rows(1)[0], spans=())
    caption = replace(rows(1)[0], task="caption")
    assert usable([several, refusal, caption, *rows(2)]) == rows(2)


def test_both_trainings_differ_in_their_rows_alone(tmp_path: Path) -> None:
    planned = {job.name: job for job in jobs(tmp_path, TRIAL)}
    built, true = (shlex.join(planned[name].words) for name in (BUILT, TRUE))
    assert built != true
    assert built.replace("rows/built", "rows/true").replace("models/built", "models/true") == true
    assert planned[BUILT].needs == planned[TRUE].needs == ("rows",)


def test_every_command_comes_after_what_it_needs(tmp_path: Path) -> None:
    told: set[str] = set()
    for job in jobs(tmp_path, TRIAL):
        assert set(job.needs) <= told
        told.add(job.name)
    assert {"films-train", "rows", f"score-{START}", f"score-{BUILT}", f"score-{TRUE}"} <= told


def test_a_folder_is_gone_on_with_by_the_same_options_alone(tmp_path: Path) -> None:
    settle(tmp_path / "a", TRIAL)
    settle(tmp_path / "a", TRIAL)
    with pytest.raises(DatasetError, match="another folder"):
        settle(tmp_path / "a", replace(TRIAL, steps=11))


def test_the_commands_are_listed_and_nothing_is_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(tmp_path / "a", listed=True)
    assert len(capsys.readouterr().out.splitlines()) == 8
    assert not (tmp_path / "a").exists()


def test_the_difference_is_of_the_same_queries_true_less_built(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(DatasetError, match=r"scores\.json is missing"):
        read_verdict(tmp_path)
    words = ["annotated", "--videos", folder_of_videos(tmp_path, videos=())]
    for name, system in ((START, "whole"), (BUILT, "centre"), (TRUE, "whole")):
        done(capsys, *words, "--system", system, "--out", tmp_path / "scores" / name)
    verdict = read_verdict(tmp_path)
    assert verdict.scores[BUILT][0] == pytest.approx(verdict.difference.first)
    gap = verdict.scores[TRUE][0] - verdict.scores[BUILT][0]
    assert verdict.difference.difference == pytest.approx(gap)
    assert "true - built: +" in markdown(verdict)
    assert ("more than 3" in markdown(verdict)) == (gap > 3)
