"""The sampler, and the promise that a resumed pass makes the same chunks."""

from hypothesis import given
from hypothesis import strategies as st

from grounder.indexing.scanning import Sampler

rising = st.lists(st.floats(0, 100), min_size=1, max_size=60).map(sorted)


def picked(times: list[float], rate: float, *, last: float | None = None) -> list[float]:
    sampler = Sampler(rate) if last is None else Sampler(rate, last=last)
    return [time for time in times if sampler.takes(time)]


def test_steady_frames_are_picked_on_the_beat() -> None:
    assert picked([i / 25 for i in range(100)], 1.0) == [0.0, 1.0, 2.0, 3.0]
    assert picked([i / 29.97 for i in range(61)], 1.0) == [0.0, 30 / 29.97, 60 / 29.97]


def test_a_long_gap_gives_one_frame_not_many() -> None:
    assert picked([0.0, 0.5, 30.2, 30.4, 31.0], 1.0) == [0.0, 30.2, 31.0]


def test_more_frames_than_there_are_cannot_be_picked() -> None:
    assert picked([0.0, 0.04, 0.08], 1000.0) == [0.0, 0.04, 0.08]


@given(times=rising, rate=st.floats(0.05, 30), cut=st.integers(0, 59))
def test_going_on_after_any_picked_frame_picks_the_same(
    times: list[float], rate: float, cut: int
) -> None:
    whole = picked(times, rate)
    assert whole[0] == times[0]
    last = whole[min(cut, len(whole) - 1)]
    rest = [time for time in times if time > last]
    assert [t for t in whole if t <= last] + picked(rest, rate, last=last) == whole


@given(times=rising, rate=st.floats(0.05, 30))
def test_at_most_one_frame_in_each_slot(times: list[float], rate: float) -> None:
    slots = [int(time * rate + 1e-6) for time in picked(times, rate)]
    assert len(slots) == len(set(slots))
