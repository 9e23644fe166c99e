"""The demo end to end: the real index and agent on a rendered film, and a check that can fail."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from agent import Answer
from grounder.cli.main import main
from grounder.span import Span
from scenetg.film.render import Film
from training.demo import QUESTIONS, check

FILM = Film(Path("film.mp4"), Path("film.srt"), (), tuple(Span(i, i + 1.0) for i in range(13)))


def test_the_demo_answers_every_question_rightly(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["demo", "--json", "--folder", str(tmp_path)])
    told = json.loads(capsys.readouterr().out)
    assert [row["right"] for row in told["checks"]] == [True] * len(QUESTIONS)
    assert not stop.value.code
    statuses = [row["answer"]["status"] for row in told["checks"]]
    assert statuses[-1] == "not_found"
    assert (tmp_path / "film.mp4").is_file()


def test_an_invented_moment_or_a_missed_one_is_wrong() -> None:
    nothing = Answer("Where?", "not_found")
    invented = replace(nothing, status="uncertain", evidence=())
    *present, absent = QUESTIONS
    assert not any(check(asked, FILM, nothing).right for asked in present)
    assert check(absent, FILM, nothing).right
    assert not check(absent, FILM, invented).right
