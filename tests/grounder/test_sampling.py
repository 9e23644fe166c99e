import pytest
from hypothesis import given
from hypothesis import strategies as st

from grounder.sampling import at_rate, uniform
from grounder.span import Span

spans = st.tuples(
    st.floats(min_value=0, max_value=1e4), st.floats(min_value=0.01, max_value=1e4)
).map(lambda pair: Span(pair[0], pair[0] + pair[1]))


def test_uniform_gives_the_centres_of_equal_parts() -> None:
    assert uniform(Span(10, 14), 4) == [10.5, 11.5, 12.5, 13.5]


@given(spans, st.integers(min_value=1, max_value=200))
def test_uniform_times_rise_and_stay_inside(span: Span, count: int) -> None:
    times = uniform(span, count)
    assert len(times) == count
    assert times == sorted(times)
    assert all(span.contains(time) for time in times)


def test_at_rate_keeps_the_rate_while_the_budget_allows() -> None:
    assert at_rate(Span(0, 4), 2, max_frames=100) == [
        0.25,
        0.75,
        1.25,
        1.75,
        2.25,
        2.75,
        3.25,
        3.75,
    ]


@given(spans, st.floats(min_value=0.01, max_value=30), st.integers(min_value=1, max_value=64))
def test_at_rate_never_exceeds_its_budget_and_never_is_empty(
    span: Span, rate: float, budget: int
) -> None:
    times = at_rate(span, rate, max_frames=budget)
    assert 1 <= len(times) <= budget
    assert all(span.contains(time) for time in times)


def test_a_count_or_rate_that_means_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="ask for 1 or more"):
        uniform(Span(0, 1), 0)
    with pytest.raises(ValueError, match="ask for more than 0"):
        at_rate(Span(0, 1), 0, max_frames=4)
