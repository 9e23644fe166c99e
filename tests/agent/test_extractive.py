import pytest

from agent.extractive import ExtractivePlanner, quote, rank_options, statement
from agent.roles import Shot
from grounder.span import Span
from grounder.video import Video
from tests.agent.stage import ColourEncoder


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("When does the rabbit wake up?", "the rabbit wake up"),
        ("At what time is the door opened?", "the door opened"),
        ("What is the man holding in the video?", "the man holding"),
        ("Where was the ball thrown?", "the ball thrown"),
        ("Does a bird sing?", "a bird sing"),
        ("When is there a train?", "a train"),
        ("Show me the moment when a car crashes", "a car crashes"),
        ("How many times does he jump?", "he jump"),
        ("a dog catches a frisbee", "a dog catches a frisbee"),
        ("Who is that?", "that"),
    ],
)
def test_the_asking_is_taken_out_of_a_question(question: str, expected: str) -> None:
    assert statement(question) == expected


def test_clauses_become_queries_of_their_own() -> None:
    said = ExtractivePlanner().plan("What does the man do after he opens the door?", ())
    assert said.value is not None
    assert "he opens the door" in said.value.queries
    assert not said.value.every


def test_options_become_queries() -> None:
    said = ExtractivePlanner().plan("What colour is the screen?", ("red", "green"))
    assert said.value is not None
    assert [query for query in said.value.queries if query.endswith("red")]
    assert [query for query in said.value.queries if query.endswith("green")]


@pytest.mark.parametrize(
    "question", ["How often does he jump?", "List the goals", "Every time it rains"]
)
def test_questions_about_each_occurrence_are_noticed(question: str) -> None:
    said = ExtractivePlanner().plan(question, ())
    assert said.value is not None
    assert said.value.every


def test_a_question_of_nothing_but_question_words_is_searched_as_it_is() -> None:
    said = ExtractivePlanner().plan("When?", ())
    assert said.value is not None
    assert said.value.queries == ("When",)


def test_a_quote_names_the_best_moment_with_its_words_and_then_the_others(
    film_video: Video,
) -> None:
    frames = film_video.frames([])
    shots = [Shot(Span(3, 5), frames, "hello\n there"), Shot(Span(60, 61), frames, "")]
    assert quote(shots) == "At 0:03.0-0:05.0: hello there\nAlso at 1:00.0-1:01.0"


def test_a_quote_of_guesses_alone_needs_no_colon(film_video: Video) -> None:
    frames = film_video.frames([])
    assert quote([Shot(Span(3, 5), frames, "(looks like: hare)")]) == (
        "At 0:03.0-0:05.0 (looks like: hare)"
    )


def test_options_are_ranked_by_what_the_frames_show(film_video: Video) -> None:
    frames = film_video.frames([5.0, 6.0])
    shares = rank_options(ColourEncoder(), "What colour is it?", ["red", "green", "blue"], frames)
    assert shares.index(max(shares)) == 1
    assert sum(shares) == pytest.approx(1)
