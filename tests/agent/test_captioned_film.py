"""The agent without any vision-language model on a captioned film: real index, real encoder, answers against the truth."""

from dataclasses import dataclass

import pytest

from agent import Context, ask, open_context
from tests.film.render import Film, Shot, render_film
from training.metrics import best_iou

SHOTS = (
    Shot(4),
    Shot(7, "wall clock", "We should have left an hour ago."),
    Shot(4),
    Shot(6, "traffic light", "Turn left after the bakery, then straight on."),
    Shot(6, None, "The harbour opens at dawn, and the ferry costs twelve euros."),
    Shot(7, "umbrella", "They promised sunshine for the whole week."),
    Shot(4),
    Shot(7, "honeycomb", "My grandmother sells her jars at the market on Saturdays."),
    Shot(6, "crossword puzzle", "Seven letters, a river in France."),
    Shot(4),
    Shot(6, "spider web"),
    Shot(7, "balloon", "The view from up here is worth every penny."),
    Shot(4),
)


@dataclass(frozen=True)
class Asked:
    """One question and what the film holds about it."""

    question: str
    shot: int
    says: str = ""
    options: tuple[str, ...] = ()


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Film:
    return render_film(SHOTS, tmp_path_factory.mktemp("film") / "film.mp4", seed=1)


@pytest.fixture(scope="module")
def context(film: Film):
    with open_context(
        film.path, library=film.path.parent / "library", encoder="conse", keep=False
    ) as opened:
        yield opened


@pytest.mark.parametrize(
    "asked",
    [
        Asked("How much does the ferry cost?", 4, says="twelve"),
        Asked("When is an umbrella shown?", 5),
        Asked(
            "What is shown while a grandmother talks about the market?",
            7,
            says="honeycomb",
            options=("a traffic light", "a honeycomb", "an umbrella"),
        ),
    ],
    ids=lambda asked: asked.says or "umbrella",
)
def test_what_is_said_and_shown_is_found_and_answered(
    asked: Asked, film: Film, context: Context
) -> None:
    answer = ask(asked.question, context, options=asked.options)
    assert best_iou(answer.evidence[0].span, [film.spans[asked.shot]]) >= 0.5
    assert asked.says in f"{answer.text} {answer.option.text if answer.option else ''}".lower()


def test_what_is_neither_said_nor_shown_is_not_found(context: Context) -> None:
    assert ask("When does an elephant appear?", context).status == "not_found"
