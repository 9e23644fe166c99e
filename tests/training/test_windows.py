import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grounder.span import Span, overlap_of_sets
from training.windows import Windows, gaps

VIDEO = Span(0.0, 600.0)


@given(st.floats(0, 595), st.floats(0.1, 60), st.integers(0, 1000))
def test_a_window_has_its_length_and_holds_its_moment(start, length, seed):
    span = Span(start, min(start + length, VIDEO.end))
    window = Windows(60.0).cut([span], VIDEO, random.Random(seed))
    assert window is not None
    assert window.duration == pytest.approx(60.0)
    assert VIDEO.start <= window.start <= span.start
    assert span.end <= window.end + 1e-9
    assert window.end <= VIDEO.end + 1e-9


def test_the_place_of_a_moment_in_its_window_is_even():
    places = []
    for seed in range(4000):
        window = Windows(60.0).cut([Span(300.0, 310.0)], VIDEO, random.Random(f"{seed}"))
        places.append(300.0 - window.start)
    # Fifths of the 50 s that the moment may begin in; 800 are expected in each, 25 are one deviation.
    counts = [sum(low <= place < low + 10 for place in places) for low in range(0, 50, 10)]
    assert all(abs(count - 800) < 130 for count in counts)


def test_the_ends_of_a_video_leave_a_moment_every_place_that_there_is():
    starts = [
        Windows(60.0).cut([Span(20.0, 25.0)], VIDEO, random.Random(seed)).start
        for seed in range(500)
    ]
    assert min(starts) < 1
    assert max(starts) > 19
    assert sum(start < 10 for start in starts) == pytest.approx(250, abs=60)


@given(st.integers(0, 100))
def test_a_window_of_absence_shows_no_moment(seed):
    spans = [Span(100, 110), Span(300, 350)]
    window = Windows(60.0, absent=1.0).cut(spans, VIDEO, random.Random(seed))
    assert window is not None
    assert overlap_of_sets([window], spans) == 0
    assert window.duration == pytest.approx(60.0)
    assert window.start >= 0
    assert window.end <= 600 + 1e-9


def test_the_share_of_absence_is_as_asked_where_there_is_room():
    windows = Windows(60.0, absent=0.25)
    span = Span(100, 110)
    cut = [windows.cut([span], VIDEO, random.Random(seed)) for seed in range(1000)]
    assert sum(window.overlap(span) == 0 for window in cut) == pytest.approx(250, abs=50)


def test_without_room_for_absence_the_moment_is_shown():
    spans = [Span(50, 550)]
    cut = Windows(60.0, absent=1.0).cut([*spans, Span(10, 20)], VIDEO, random.Random(0))
    assert cut is not None
    assert cut.overlap(Span(10, 20)) == 10


def test_a_shorter_video_is_shown_whole():
    assert Windows(60.0, absent=1.0).cut([Span(1, 2)], Span(0, 40), random.Random(0)) == Span(0, 40)


def test_a_query_that_is_nowhere_gets_any_window():
    starts = {Windows(60.0).cut([], VIDEO, random.Random(seed)).start for seed in range(50)}
    assert len(starts) > 40


def test_a_moment_longer_than_a_window_has_none():
    assert Windows(60.0).cut([Span(10, 90)], VIDEO, random.Random(0)) is None


def test_gaps_lie_between_moments():
    assert gaps([Span(10, 20), Span(15, 100)], Span(0, 130), 5) == [Span(0, 10), Span(100, 130)]
    assert gaps([Span(10, 20)], Span(0, 130), 20) == [Span(20, 130)]


@pytest.mark.parametrize(("seconds", "absent"), [(0.0, 0.0), (10.0, 1.5), (10.0, -0.1)])
def test_impossible_windows_are_refused(seconds, absent):
    with pytest.raises(ValueError, match="above 0"):
        Windows(seconds, absent)
