import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.citations import REMOVED, is_covered, kept_citations, without_foreign_times
from grounder.span import Span
from grounder.timetext import clock

EVIDENCE = [Span(33.0, 47.8), Span(120.0, 130.0)]


@pytest.mark.parametrize(
    "text",
    [
        "He wakes up at 0:35.",
        "From 0:33 to 0:47 he yawns.",
        "From 120 to 130 seconds it rains.",
        "At 34.5 s the lid opens.",
        "He waits for 3 seconds, then leaves.",
        "The score is 2 to 1 and 5 people cheer.",
    ],
)
def test_times_in_the_evidence_and_lengths_and_counts_stay(text: str) -> None:
    assert without_foreign_times(text, EVIDENCE) == (text, [])


@pytest.mark.parametrize(
    ("text", "removed"),
    [
        ("He wakes up at 1:35.", ["1:35"]),
        ("At 60 s he leaves.", ["At 60 s"]),
        ("From 33 to 90 seconds he yawns.", ["From 33 to 90 seconds"]),
        ("First 0:34, then 9:59:59.", ["9:59:59"]),
    ],
)
def test_times_outside_the_evidence_are_taken_out(text: str, removed: list[str]) -> None:
    kept, words = without_foreign_times(text, EVIDENCE)
    assert words == removed
    assert REMOVED in kept
    assert all(word not in kept for word in removed)


@pytest.mark.parametrize(
    "text", ["The train leaves at 9:59.", "He says it opens AT  60 s.", "At 9:59, not at 0:35."]
)
def test_a_time_that_is_said_in_the_evidence_is_a_quotation_and_stays(text: str) -> None:
    said = ["It leaves at 9:59 sharp.", "We open at 60 s past."]
    assert without_foreign_times(text, EVIDENCE, quotable=said) == (text, [])


@pytest.mark.parametrize("time", ["9:5", "19:59", "9:59:01", "at 599 s"])
def test_only_the_very_words_are_a_quotation(time: str) -> None:
    _, removed = without_foreign_times(f"It is {time}.", EVIDENCE, quotable=["Leaves at 9:59."])
    assert removed == ([] if time == "9:5" else [time])


@given(st.floats(0, 5000))
def test_no_clock_outside_the_evidence_survives(time: float) -> None:
    text, removed = without_foreign_times(f"It happens at {clock(time)}.", EVIDENCE)
    inside = any(span.start - 1.1 <= time <= span.end + 1.1 for span in EVIDENCE)
    assert bool(removed) == (REMOVED in text)
    assert inside or removed


def test_citations_are_cut_to_the_evidence() -> None:
    assert kept_citations([Span(30.0, 40.0), Span(60.0, 70.0)], EVIDENCE) == [Span(33.0, 40.0)]
    assert is_covered(Span(32.5, 40.0), EVIDENCE)
    assert not is_covered(Span(30.0, 40.0), EVIDENCE)
    assert not is_covered(Span(40.0, 125.0), EVIDENCE)
