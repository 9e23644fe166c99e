"""Descriptions in the words of users and planners, all of them known to the text tower."""

import random
import re

import pytest

from agent.extractive import statement
from scenetg.world import LEVELS, Wanted, make_world, rows
from training.clip.model import new_tokenizer
from training.clip.stream import group, reel
from training.clip.view import describe
from training.clip.wording import unknown_words, vocabulary, without_person, words_of

FILLERS = re.compile(r"\b(?:can|be)\b")
"""Say nothing of a picture; the text tower was trained with them as unknown words."""


@pytest.fixture(scope="module")
def tokenize():
    return new_tokenizer()


@pytest.mark.parametrize(
    "verb", ["moves left", "goes upwards", "flashes", "does not move or change", "rests"]
)
def test_planners_strip_questions_to_words_that_were_trained(verb):
    clause = without_person(f"a red circle {verb}")
    assert statement(f"When does {clause}?").split() == clause.replace(" does", "").split()


@pytest.mark.parametrize("level", ["nano", "easy"])
def test_every_word_of_a_query_is_known(level, tokenize):
    kinds = ("look", "action", "vague action", "look before background", "background")
    world = make_world(1, 300, level=level)
    made = rows(world, "w.mp4", wanted=Wanted(40, 20, 0, 0, 0, shots=False), kinds=kinds)
    unknown = tokenize.tokenizer.unk_token_id
    for row in made:
        assert unknown not in tokenize([FILLERS.sub("", row.query)])[0], row.query


def test_whatever_is_trained_on_is_known_and_fits(tokenize):
    dice = random.Random(0)
    pairs = group(reel(0, 0, 16), 30, dice)
    ids = tokenize([FILLERS.sub("", words_of(query, shot.view, dice)) for shot, query in pairs])
    assert not (ids == tokenize.tokenizer.unk_token_id).any()
    # Cut-off texts would lose their end, at which open_clip reads the vector.
    assert (ids.max(1).values == tokenize.tokenizer.eos_token_id).all()


def test_the_end_of_a_text_is_its_highest_token(tokenize):
    ids = tokenize(["A red CIRCLE, moves left!", "an elephant"])
    end = tokenize.tokenizer.eos_token_id
    assert ids.max() == end == len(vocabulary()) + 3
    assert ids.argmax(1).tolist() == [6, 3]


def test_made_up_words_are_unknown():
    known = set(vocabulary())
    words = set(re.findall(r"[a-z]+", " ".join(unknown_words(random.Random(n)) for n in range(50))))
    assert len(words - known) >= 50


def test_actions_are_drawn_at_random_because_one_frame_cannot_show_them():
    dice = random.Random(0)
    view = next(shot.view for shot in reel(0, 0, 16) if shot.view.things)
    told = [describe(view, dice) for _ in range(400)]
    actions = {query.action for query in told if query and query.action}
    assert len(actions) == len([a for a in view.world.level.actions if a != "meets"])
    assert view.world.level.name in LEVELS
