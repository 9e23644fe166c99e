import pytest
from hypothesis import given
from hypothesis import strategies as st

from grounder.span import Span
from grounder.timetext import clock, clock_range, media_fragment, parse_time, timecode

moments = st.floats(min_value=0, max_value=400_000, allow_nan=False)


@pytest.mark.parametrize(
    ("seconds", "code", "short"),
    [
        (0, "00:00:00.000", "0:00.0"),
        (7.5, "00:00:07.500", "0:07.5"),
        (59.9996, "00:01:00.000", "1:00.0"),
        (723, "00:12:03.000", "12:03.0"),
        (3723.0625, "01:02:03.062", "1:02:03.1"),
        (360_000, "100:00:00.000", "100:00:00.0"),
    ],
)
def test_times_are_written_as_people_expect(seconds: float, code: str, short: str) -> None:
    assert timecode(seconds) == code
    assert clock(seconds) == short


@given(moments)
def test_timecode_reads_back_to_the_millisecond(seconds: float) -> None:
    assert abs(parse_time(timecode(seconds)) - seconds) <= 0.00051


@given(moments)
def test_clock_reads_back_to_the_tenth(seconds: float) -> None:
    assert abs(parse_time(clock(seconds)) - seconds) <= 0.051


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("12.5", 12.5),
        (" 12.5s ", 12.5),
        ("3 seconds", 3.0),
        ("0:07.5", 7.5),
        ("1:02:03.25", 3723.25),
        ("00:01:02,250", 62.25),
    ],
)
def test_times_are_read_in_every_written_form(text: str, seconds: float) -> None:
    assert parse_time(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "1:75", "1:60:00", "-3", "12.5 m", "1:2:3:4", "nan"])
def test_what_is_no_time_is_refused_not_guessed(text: str) -> None:
    with pytest.raises(ValueError, match="is no time"):
        parse_time(text)


def test_negative_time_has_no_timecode() -> None:
    with pytest.raises(ValueError, match="needs seconds >= 0"):
        timecode(-0.1)


def test_spans_are_written_for_people_and_for_players() -> None:
    span = Span(33, 47.7504)
    assert clock_range(span) == "0:33.0-0:47.8"
    assert media_fragment(span) == "#t=33,47.75"
