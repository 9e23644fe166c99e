"""The lite describer: it names what an image classifier sees, and judges by that alone."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grounder.adapters import load_adapter
from grounder.cli.main import run
from grounder.encoders import load_encoder
from grounder.encoders.imagenet import class_names
from grounder.video import Frames
from grounder.vlm import Prompt, Sampling
from scenetg.prompts import (
    answer_messages,
    caption_messages,
    guess_messages,
    look_messages,
    mark_messages,
    query_messages,
    question_messages,
)
from tests.film.drawings import DRAWINGS
from tests.film.render import Shot, render_film
from training.truth.lite import NOTHING, LiteDescriber, names_in, said
from training.truth.real import _app

PLAIN = load_adapter("plain")


@pytest.fixture(scope="module")
def lite() -> LiteDescriber:
    return LiteDescriber(load_encoder("conse"))


def drawn(*things: str) -> Frames:
    pictures = [np.asarray(DRAWINGS[thing]()) for thing in things]
    return Frames(np.stack(pictures), np.arange(len(pictures), dtype=np.float64))


def ask(lite: LiteDescriber, prompt: Prompt) -> str:
    [told] = lite.generate([prompt], Sampling())
    return told.text


@given(st.lists(st.sampled_from(class_names()), min_size=1, max_size=3, unique=True))
def test_every_name_can_be_read_back_from_a_description(names: list[str]) -> None:
    assert names_in(said(names)) == set(names)


def test_a_colour_alone_is_nothing_that_has_a_name() -> None:
    assert said(["mostly green"]) == said([]) == NOTHING
    assert names_in(NOTHING) == set()
    assert said(["mostly green", "umbrella"]) == "There is umbrella, mostly green."


def test_it_describes_what_the_pictures_show(lite: LiteDescriber) -> None:
    assert "balloon" in ask(lite, caption_messages(drawn("balloon", "balloon"), PLAIN))
    assert "umbrella" in ask(lite, caption_messages(drawn("umbrella", "umbrella"), PLAIN))


def test_a_description_of_nothing_is_phrased_without_trust(lite: LiteDescriber) -> None:
    query = {"query": "There is umbrella, mostly green", "rating": 5}
    assert json.loads(ask(lite, query_messages("There is umbrella, mostly green."))) == query
    assert json.loads(ask(lite, query_messages(NOTHING)))["rating"] == 1


def test_it_marks_the_captions_that_name_all_of_the_query(lite: LiteDescriber) -> None:
    captions = {1: "There is umbrella.", 4: "There is umbrella, mostly green.", 6: NOTHING}
    assert json.loads(ask(lite, mark_messages("There is umbrella", captions))) == {"fits": [1, 4]}
    assert json.loads(ask(lite, mark_messages("There is umbrella, mostly green", captions))) == {
        "fits": [4]
    }


def test_it_sees_a_thing_where_it_is_and_nowhere_else(lite: LiteDescriber) -> None:
    for there, shown in (("yes", "umbrella"), ("no", "crossword puzzle")):
        look = look_messages("There is umbrella", drawn(shown, shown), PLAIN)
        assert json.loads(ask(lite, look)) == {"seen": there}


def test_it_answers_its_own_question_from_pictures_and_guesses_without(lite: LiteDescriber) -> None:
    frames = drawn("wall clock", "wall clock")
    asked = json.loads(ask(lite, question_messages(frames, PLAIN)))
    assert asked["answer"] not in asked["distractors"]
    options = [*asked["distractors"], asked["answer"]]
    seen = ask(lite, answer_messages(asked["question"], options, frames, PLAIN))
    assert json.loads(seen) == {"option": "D"}
    guesses = {ask(lite, guess_messages(f"Which {n}?", options)) for n in range(20)}
    assert len(guesses) > 1


def test_a_prompt_that_it_was_not_made_for_is_refused(lite: LiteDescriber) -> None:
    with pytest.raises(ValueError, match="not made for this prompt"):
        ask(lite, guess_messages("?", [])[:1])


def test_the_whole_line_makes_rows_of_drawn_films_and_a_page_to_look_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    things = ("umbrella", "crossword puzzle", "balloon")
    render_film([Shot(6.0, thing) for thing in things], tmp_path / "film.mp4", seed=1, rate=4)
    words = [str(tmp_path / "film.mp4"), "--out", str(tmp_path / "out"), "--json"]
    words += ["--set", "extent.parts=4", "--set", "scenes.share=0.9", "--set", "probe.shortest=10"]
    with pytest.raises(SystemExit) as stopped:
        run(_app, words, name="real")
    document = json.loads(capsys.readouterr().out)
    assert stopped.value.code == 0
    assert sum(document["rows"].values()) >= 2
    rows = [
        json.loads(line)
        for split in ("train", "validation", "test")
        for line in (tmp_path / "out" / f"{split}.jsonl").read_text().splitlines()
    ]
    found = {row["query"]: row["spans"][0] for row in rows if row["task"] == "ground"}
    for number, thing in enumerate(things):
        for query, (start, end) in found.items():
            if thing in query:
                assert start == pytest.approx(6.0 * number, abs=0.5)
                assert end == pytest.approx(6.0 * (number + 1), abs=0.5)
    assert any(thing in query for thing in things for query in found)
    assert "umbrella" in Path(document["report"]).read_text()
