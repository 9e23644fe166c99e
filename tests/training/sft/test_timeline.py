"""When what is shown of a world is said to happen, with stretches missing."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grounder.adapters import load_adapter
from grounder.span import Span
from scenetg.world import make_world
from training.sft.staged import WorldFootage
from training.sft.timeline import Timeline, timeline_of

GAPPED = Timeline((0.0, 6.0, 10.0), (100.0, 120.0, 400.0))


def test_a_span_ends_in_the_piece_that_it_reaches_into():
    assert GAPPED.span(Span(2, 6)) == Span(102, 106)
    assert GAPPED.span(Span(6, 10)) == Span(126, 130)
    assert GAPPED.span(Span(4, 8)) == Span(104, 128)
    assert Timeline().span(Span(3, 5)) == Span(3, 5)


@given(st.floats(0, 20))
def test_what_is_shown_at_a_time_is_found_again(second: float):
    shown = GAPPED.span(Span(second, second + 1e-6)).start
    assert GAPPED.world([shown]) == [pytest.approx(second, abs=1e-6)]


def test_in_a_gap_stands_what_comes_next():
    assert GAPPED.world([107.0, 125.9, 126.0, 200.0, 410.0]) == pytest.approx([6, 6, 6, 10, 10])


def test_gaps_lie_between_scenes_on_the_grid_and_add_up_to_no_more_than_asked():
    world = make_world(5, 60, level="nano")
    dice = random.Random(0)
    made = [timeline_of(world, dice, start=8.0, missing=300.0) for _ in range(40)]
    assert {timeline.begins for timeline in made} == {
        tuple(scene.span.start for scene in world.scenes)
    }
    missing = [timeline.later[-1] - 8.0 for timeline in made]
    assert 8 < sum(gone == 0 for gone in missing) < 32
    assert 0 <= min(missing) < 100 < max(missing) <= 300
    for timeline in made:
        steps = np.diff(timeline.later)
        assert timeline.later[0] == 8.0
        assert (steps >= 0).all()
        assert (steps % world.level.grid == 0).all()


def test_labels_and_pictures_jump_together():
    world, budget = make_world(5, 30, level="nano"), load_adapter("nano").budget
    timeline = timeline_of(world, random.Random(3), start=20.0, missing=300.0)
    assert timeline.later[-1] > 40
    plain, gapped = WorldFootage(world, Timeline(), 32), WorldFootage(world, timeline, 32)
    one, other = plain.window(budget), gapped.window(budget)
    np.testing.assert_array_equal(one.images, other.images)
    for scene in world.scenes:
        there = timeline.span(scene.span)
        inside = (other.times >= there.start) & (other.times < there.end)
        before = (one.times >= scene.span.start) & (one.times < scene.span.end)
        assert there.duration == scene.span.duration
        np.testing.assert_array_equal(inside, before)
    assert gapped.span.end == 30 + timeline.later[-1]
