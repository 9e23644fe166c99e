import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grounder.span import Span
from scenetg.world import LEVELS, World, make_world
from scenetg.world.phrases import VERBS, phrase
from scenetg.world.questions import QUESTIONS, Question, ask
from tests.scenetg.world.observer import Observation, fits, holds, moments, true_spans

ACTION_OF_VERB = {wordings[0]: action for action, wordings in VERBS.items()}


@settings(max_examples=15)  # each example checks several questions moment by moment
@given(seed=st.integers(0, 10_000), level=st.sampled_from(sorted(LEVELS)))
def test_a_witness_of_the_whole_video_gives_the_one_answer(seed: int, level: str) -> None:
    world = make_world(seed, 60, level=level, aspect=16 / 9)
    for question in ask(world, 10, random.Random(seed)):
        assert witnessed(world, question) == {question.answer}, question
        assert len(set(question.options)) == len(question.options) >= 2
        assert question.answer in question.options


@pytest.mark.parametrize("kind", sorted(QUESTIONS))
def test_every_kind_of_question_is_found_in_a_rich_world(kind: str) -> None:
    world = make_world(12, 300, level="hard")
    questions = ask(world, 4, random.Random(1), kinds=[kind])
    assert questions
    for question in questions:
        assert witnessed(world, question) == {question.answer}, question


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_the_evidence_is_everywhere_that_the_question_is_about(seed: int) -> None:
    world = make_world(seed, 60, level="hard")
    for question in ask(world, 8, random.Random(seed)):
        spans = true_spans(world, question.query)
        if question.second is not None:
            spans = sorted([*spans, *true_spans(world, question.second)])
        assert list(question.spans) == spans, question


def test_the_right_answer_stands_at_every_place_in_turn() -> None:
    world = make_world(1, 600, level="hard")
    places = {q.options.index(q.answer) for q in ask(world, 60, random.Random(0), kinds=["colour"])}
    assert places == {0, 1, 2, 3}


def witnessed(world: World, question: Question) -> set[str]:
    """Return every answer that what is seen would allow."""
    if question.kind == "times":
        return {str(len(true_spans(world, question.query)))}
    if question.kind == "order":
        assert question.second is not None
        return {_earlier(world, question)}
    seen = [observation for _, observation in moments(world) if holds(question.query, observation)]
    return {value for observation in seen for value in _values(question, observation)}


def _values(question: Question, seen: Observation) -> set[str]:
    fitting = [shape for shape in seen.shapes if fits(question.query, shape)]
    kind = question.kind.removeprefix("bare ")
    if kind == "colour":
        return {shape.colour for shape in fitting}
    if kind == "shape":
        return {shape.shape for shape in fitting}
    if kind == "lettering":
        return set(seen.texts)
    if kind == "background":
        return {seen.tint}
    if kind == "count":
        return {str(len(seen.shapes))}
    # What enters from the left also moves right: the answer must be true, the other options not.
    action = ACTION_OF_VERB[question.answer]
    wrong = {ACTION_OF_VERB[option] for option in question.options} - {action}
    assert not any(shape.actions & wrong for shape in fitting)
    return {question.answer if action in shape.actions else "another" for shape in fitting}


def _earlier(world: World, question: Question) -> str:
    assert question.second is not None
    first: dict[str, Span] = {
        phrase(query): true_spans(world, query)[0] for query in (question.query, question.second)
    }
    return min(first, key=lambda words: first[words])
