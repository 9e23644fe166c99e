import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grounder.encoders.minilm import MiniLM
from grounder.search import TextTrack
from grounder.search.confidence import visual_calibration
from grounder.search.words import WordIndex, words
from grounder.span import Span
from grounder.transcript import Line

LINES = [
    Line(Span(2, 4), "I'd love a cup of tea."),
    Line(Span(10, 13), "The dragon's asleep in the cave!"),
    Line(Span(13, 15), "Run, it is awake"),
]


class OneWay:
    """Embeds every text as the same vector."""

    def encode(self, texts):
        return np.ones((len(texts), 1), dtype=np.float32)


def test_the_window_with_the_words_wins():
    track = TextTrack("transcript", LINES)
    scores = track.score("sleeping dragons", np.array([[0.0, 5], [9, 14], [13.5, 20], [30, 40]]))
    assert np.nanargmax(scores) == 1
    assert np.isnan(scores[3])


def test_of_two_windows_that_hold_the_line_the_shorter_is_better_and_half_a_line_is_worse():
    track = TextTrack("transcript", LINES)
    scores = track.score("dragon", np.array([[9.5, 13], [2, 30], [11.5, 15]]))
    assert scores[0] > scores[1] > scores[2]


def test_probability_grows_with_the_share_of_words_found():
    track = TextTrack("transcript", LINES)
    chances = [
        track.probability(q, np.array([[10.0, 13]]))[0] for q in ("zebra", "dragon zebra", "dragon")
    ]
    assert chances == sorted(chances)
    assert chances[0] < 0.2
    assert 0.5 < chances[2] <= 1


@pytest.mark.parametrize("others", [0, 20])
def test_a_line_that_shares_one_noun_with_a_question_is_not_sure_of_it(others):
    lines = [
        Line(Span(0, 4), "Hello rabbit, said the squirrel."),
        *(Line(Span(n, n + 1), "The harbour opens at dawn.") for n in range(10, 10 + others)),
    ]
    minilm = MiniLM()
    vectors = minilm.encode([line.text for line in lines])
    for options in ({}, {"vectors": vectors, "encoder": minilm}):
        track = TextTrack("transcript", lines, **options)
        bounds = np.array([[0.0, 4]])
        partly = track.presence("When does the rabbit wake up?", bounds)
        fully = track.presence("What does the squirrel say to the rabbit?", bounds)
        assert 0.05 < partly < visual_calibration("conse:any").limits.sure < fully


def test_common_words_say_nothing_and_missing_rare_ones_a_lot():
    index = WordIndex(["When is the rabbit here?"])
    assert index.coverage("When is the rabbit?")[0] == 1
    assert index.coverage("When is the?")[0] == 0
    assert 0.2 < index.coverage("When does the rabbit wake up?")[0] < 0.5


def test_an_empty_transcript_says_nothing():
    bounds = np.array([[0.0, 1.0]])
    assert np.isnan(TextTrack("transcript", []).score("tea", bounds)).all()
    assert np.isnan(TextTrack("transcript", []).probability("tea", bounds)).all()
    assert TextTrack("transcript", []).presence("tea", bounds) == 0
    assert TextTrack("transcript", []).describe(Span(0, 1)) == ""


def test_a_line_is_told_where_most_of_it_is():
    track = TextTrack("transcript", [Line(Span(4, 9), "Across."), Line(Span(20, 30), "Long.")])
    assert track.describe(Span(0, 5)) == ""
    assert track.describe(Span(5, 10)) == "Across."
    assert track.describe(Span(24, 25)) == "Long."
    assert track.describe(Span(28, 34)) == ""


def test_lines_are_described_in_order():
    track = TextTrack("transcript", LINES[::-1])
    assert track.describe(Span(12, 14)) == "The dragon's asleep in the cave! Run, it is awake"


def test_vectors_follow_their_lines_when_these_are_sorted():
    vectors = np.array([[0.0], [1.0], [0.0]], dtype=np.float32)
    track = TextTrack(
        "transcript", [LINES[2], LINES[0], LINES[1]], vectors=vectors, encoder=OneWay()
    )
    assert np.nanargmax(track.score("zzz", np.array([[2.0, 4], [10, 13], [13, 15]]))) == 0


@pytest.mark.parametrize(
    "options", [{"encoder": OneWay()}, {"vectors": np.ones((3, 1), np.float32)}]
)
def test_vectors_and_encoder_go_together(options):
    with pytest.raises(ValueError, match="both"):
        TextTrack("transcript", LINES, **options)


def test_there_are_as_many_vectors_as_lines():
    with pytest.raises(ValueError, match="3 lines"):
        TextTrack("transcript", LINES, vectors=np.ones((2, 1), np.float32), encoder=OneWay())


@given(st.lists(st.text(max_size=30), max_size=10), st.text(max_size=30))
def test_coverage_is_a_share(texts, query):
    coverage = WordIndex(texts).coverage(query)
    assert coverage.shape == (len(texts),)
    assert np.all((coverage >= 0) & (coverage <= 1))


@given(
    st.lists(st.tuples(st.floats(0, 50), st.floats(0.1, 9)), max_size=12),
    st.tuples(st.floats(0, 60), st.floats(0.1, 20)),
)
def test_a_track_is_silent_exactly_where_no_line_is(rows, window):
    lines = [Line(Span(a, a + d), "x") for a, d in rows]
    start, length = window
    scores = TextTrack("t", lines).score("y", np.array([[start, start + length]]))
    touched = any(line.span.overlap(Span(start, start + length)) > 0 for line in lines)
    assert np.isnan(scores[0]) == (not touched)


def test_words_drop_case_marks_and_plural():
    assert words("Two DOGS' bowls, the glass") == ["two", "dog", "bowl", "the", "glass"]
