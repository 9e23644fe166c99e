"""Questions about rows, answered by what is seen there."""

from pathlib import Path

from scenetg.queries.questions import questions
from scenetg.settings import Questions, Settings
from scenetg.visual.look import Look
from tests.scenetg.queries.stage import Seer, context_of, reasons, unique


def test_a_question_has_the_place_as_evidence_and_options_in_no_telling_order(
    look: Look, tmp_path: Path
) -> None:
    settings = Settings(questions=Questions(share=1.0))
    context = context_of(tmp_path, look, settings=settings)
    rows = unique(context, look)
    outcome = questions(rows, context)
    made = [one for one in outcome.kept if one.task == "qa"]
    assert [one.answer for one in made] == ["lime", "blue", "yellow"]
    assert all(one.question == "Which colour is the wall?" for one in made)
    assert all(one.spans == (one.span,) and one.answer in one.options for one in made)
    assert len({one.options.index(str(one.answer)) for one in made}) > 1
    assert [one for one in outcome.kept if one.task == "ground"] == list(rows)
    # Always saying "A" is no better than chance when the options are turned.
    assert [one.filters["guessed"] for one in made] == [0.25] * 3


def test_a_question_that_can_be_guessed_without_looking_is_rejected(
    look: Look, tmp_path: Path
) -> None:
    def says(words: str, colours: list[str]) -> str | None:
        return '{"option": "blue"}' if "You cannot see" in words else None

    settings = Settings(questions=Questions(share=1.0))
    context = context_of(tmp_path, look, vlm=Seer(says), settings=settings)
    outcome = questions(unique(context, look), context)
    [rejected] = outcome.rejected
    assert rejected.rejection.reason == "answer can be guessed"
    assert (rejected.rejection.value, rejected.rejection.limit) == (1.0, 0.25)
    assert rejected.candidate.scene == 2


def test_a_question_that_its_pictures_do_not_answer_is_rejected(look: Look, tmp_path: Path) -> None:
    def says(words: str, colours: list[str]) -> str | None:
        return '{"option": "nothing"}' if "Answer from these frames" in words else None

    settings = Settings(questions=Questions(share=1.0))
    context = context_of(tmp_path, look, vlm=Seer(says), settings=settings)
    outcome = questions(unique(context, look), context)
    assert reasons(outcome) == ["not answered by its own place"] * 3


def test_a_share_of_the_rows_is_asked_about_always_the_same(look: Look, tmp_path: Path) -> None:
    def made(share: float, folder: str) -> set[str]:
        settings = Settings(questions=Questions(share=share))
        context = context_of(tmp_path / folder, look, settings=settings)
        kept = questions(unique(context, look), context).kept
        return {one.id for one in kept if one.task == "qa"}

    assert made(0.0, "a") == set()
    assert made(0.6, "b") == made(0.6, "c") <= made(1.0, "d")
