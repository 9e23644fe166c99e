"""What people read first."""

from typing import Any

import pytest

from agent.answer import Answer, Evidence, Option
from agent.terminal import print_answer
from grounder.cli import console
from grounder.span import Span

MOMENT = Evidence("f", "film.mp4", Span(4, 8), 0.4, "retrieval_probability", 1, ("visual",))
FOUND: dict[str, Any] = {"evidence": (MOMENT,)}


@pytest.mark.parametrize(
    ("answer", "first"),
    [
        (Answer("q", "not_found", closest=(MOMENT,)), "Not found. The closest moments:"),
        (Answer("q", "uncertain", **FOUND), "Not sure. The closest moments:"),
        (Answer("q", "uncertain", text="It rains.", **FOUND), "Not sure. Best guess: It rains."),
        (
            Answer("q", "uncertain", text="rain", option=Option(1, "rain"), **FOUND),
            "Not sure. Best guess: B. rain",
        ),
        (Answer("q", "answered", text="It rains.", **FOUND), "It rains."),
        (Answer("q", "answered", **FOUND), "Moments:"),
    ],
)
def test_the_first_line_says_how_sure_it_is(
    answer: Answer, first: str, capsys: pytest.CaptureFixture[str]
) -> None:
    console.stdout.cache_clear()
    console.stderr.cache_clear()
    print_answer(answer)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == first
    assert any("0:04.0-0:08.0" in line for line in lines[1:])
