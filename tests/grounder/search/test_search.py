import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grounder.search import TextTrack, VisualTrack, search
from grounder.span import Span
from grounder.transcript import Line
from tests.search_world import Indexed, LetterEncoder, letter_track, letter_video

films = st.text("abc", min_size=1, max_size=120)


def test_the_scene_that_shows_it_comes_first():
    best = search(letter_video("aaaaabbbbbbcccccc"), "b", k=3, longest=60)[0]
    assert best.span == Span(5, 11)
    assert best.video_id == "film"
    assert best.sources == ("visual",)
    assert best.probability > 0.2


def test_what_is_nowhere_has_a_low_probability():
    windows = search(letter_video("aaaaabbbbbbcccccc"), "d", k=3, longest=60)
    assert all(window.probability < 0.01 for window in windows)


@given(films, st.sampled_from("abcd"), st.integers(1, 8), st.floats(0.5, 50))
def test_windows_are_few_inside_short_apart_and_in_order(film, query, k, longest):
    windows = search(letter_video(film), query, k=k, longest=longest)
    assert 1 <= len(windows) <= k
    for place, window in enumerate(windows):
        assert 0 <= window.span.start < window.span.end <= len(film)
        assert window.span.duration <= longest + 1e-9
        assert 0 <= window.probability <= 1
        assert all(window.span.iou(other.span) <= 0.5 for other in windows[:place])
    scores = [window.score for window in windows]
    assert scores == sorted(scores, reverse=True)
    chances = [window.probability for window in windows]
    assert chances == sorted(chances, reverse=True)


@given(films, st.data())
def test_a_search_within_a_stretch_stays_there(film, data):
    start = data.draw(st.floats(0, len(film) - 0.5))
    within = Span(start, data.draw(st.floats(start + 0.25, len(film))))
    for window in search(letter_video(film), "b", k=3, longest=20, within=within):
        assert window.span.clip(within) == window.span


def test_what_is_said_is_found_too_and_named_as_the_source():
    said = TextTrack("transcript", [Line(Span(20, 23), "Beware of the dragon!")])
    best = search(letter_video("a" * 60 + "b" * 3, said), "dragon", k=3, longest=10)[0]
    assert best.span.overlap(Span(20, 23)) == pytest.approx(3)
    assert best.sources == ("transcript",)
    assert best.text == "Beware of the dragon! (looks like: a)"
    assert best.probability > 0.5


def test_presence_is_of_the_whole_search_and_no_lower_than_any_probability():
    windows = search(letter_video("aaaabbbbaaaabbbbcccc"), "b", k=4, longest=9)
    assert len({window.presence for window in windows}) == 1
    assert windows[0].probability <= windows[0].presence <= 1
    absent = search(letter_video("aaaabbbb"), "d", k=4, longest=9)
    assert absent[0].presence < 0.01


def test_chances_do_not_hang_on_how_many_windows_are_wanted():
    film = letter_video("aaaabbbbaaaabbbbcccc")
    many = search(film, "b", k=4, longest=9)
    assert search(film, "b", k=2, longest=9) == many[:2]


def test_a_window_is_the_best_of_itself():
    film = letter_video("aaabbaaabbbbcaaaabbc")
    for window in search(film, "b", k=3, longest=9):
        again = search(film, "b", k=1, longest=9, within=window.span)[0]
        assert again.span == window.span or again.span.overlap(window.span) > 0


def test_pictures_are_told_in_words_marked_as_guesses():
    track = letter_track("aaaabcbc")
    assert track.describe(Span(0, 4)) == "(looks like: a)"
    assert track.describe(Span(4, 8)) == ""
    assert track.describe(Span(0, 0.1)) == ""


def test_an_empty_transcript_changes_nothing():
    film = "aaaabbbbcccc"
    empty = TextTrack("transcript", [])
    assert search(letter_video(film, empty), "b", k=3, longest=9) == search(
        letter_video(film), "b", k=3, longest=9
    )


def test_a_video_of_one_frame_gives_its_one_window():
    film = Indexed("still", 0.04, (Span(0, 0.04),), (letter_track("a", rate=25),))
    assert [window.span for window in search(film, "a", k=5, longest=60)] == [Span(0, 0.04)]


def test_a_video_without_frames_gives_nothing():
    empty = VisualTrack(np.empty(0), np.empty((0, 4), np.float16), LetterEncoder())
    assert search(Indexed("empty", 3, (Span(0, 3),), (empty,)), "a", k=5, longest=60) == []


@pytest.mark.parametrize("query", ["", "  \n"])
def test_an_empty_query_is_an_error(query):
    with pytest.raises(ValueError, match="empty"):
        search(letter_video("ab"), query, k=1, longest=9)


@pytest.mark.parametrize(
    "wrong", [{"k": 0}, {"longest": 0}, {"longest": float("nan")}, {"within": Span(7, 9)}]
)
def test_limits_that_mean_nothing_are_errors(wrong):
    with pytest.raises(ValueError, match=r"k >= 1|outside"):
        search(letter_video("ab"), "a", **{"k": 1, "longest": 9, **wrong})


def test_times_and_embeddings_must_fit():
    with pytest.raises(ValueError, match="2 times need"):
        VisualTrack(np.array([0.0, 1.0]), np.zeros((3, 4), np.float16), LetterEncoder())
