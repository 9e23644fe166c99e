import dataclasses
import hashlib
import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grounder.span import Span, merge
from scenetg.world import LEVELS, SPLITS, make_world, rows, seeds_of, split_of
from scenetg.world.motion import actions_of, drawn_at
from scenetg.world.script import Actor
from scenetg.world.stage import extent

WORLDS = {
    "seed": st.integers(0, 10_000),
    "level": st.sampled_from(sorted(LEVELS)),
    "length": st.integers(12, 200),
    "aspect": st.sampled_from([1.0, 16 / 9, 0.75]),
}


@given(**WORLDS)
def test_the_same_seed_gives_the_same_script_and_rows(
    seed: int, level: str, length: float, aspect: float
) -> None:
    one, two = (make_world(seed, length, level=level, aspect=aspect) for _ in range(2))
    assert one == two
    assert rows(one, "v.mp4") == rows(two, "v.mp4")


def test_another_seed_gives_another_script() -> None:
    assert len({repr(make_world(seed, 30).scenes) for seed in range(50)}) == 50


def test_published_worlds_stay_as_they_are() -> None:
    # Checkpoints and tables name seeds. A change here makes their data another: say so in the changelog.
    world = make_world(42, 120, level="hard", aspect=1.5)
    assert hashlib.sha256(repr(world).encode()).hexdigest()[:16] == "957129aa44267f42"


@given(**WORLDS)
def test_scenes_follow_one_another_for_the_length_asked_on_the_grid(
    seed: int, level: str, length: float, aspect: float
) -> None:
    world = make_world(seed, length, level=level, aspect=aspect)
    grid = world.level.grid
    assert world.duration == round(length / grid) * grid
    assert merge(scene.span for scene in world.scenes) == [Span(0, world.duration)]
    for one, two in itertools.pairwise(world.scenes):
        assert one.span.end == two.span.start
        assert one.background.tint != two.background.tint
    shortest = world.level.scene_seconds[0]
    assert all(scene.span.duration >= shortest for scene in world.scenes)


@given(**WORLDS)
def test_shapes_stay_in_their_scene_without_gaps_and_jump_nowhere(
    seed: int, level: str, length: float, aspect: float
) -> None:
    world = make_world(seed, length, level=level, aspect=aspect)
    for scene in world.scenes:
        for actor in scene.actors:
            assert actor.span.clip(scene.span) == actor.span
            assert all(p.span.duration >= world.level.phase_seconds for p in actor.phases)
            for one, two in itertools.pairwise(actor.phases):
                assert (one.span.end, one.end) == (two.span.start, two.start)


def test_what_a_shape_does_ends_when_the_next_thing_begins() -> None:
    pairs = [
        actions_of(one) & actions_of(two)
        for seed in range(30)
        for scene in make_world(seed, 300, level="hard").scenes
        for actor in scene.actors
        for one, two in itertools.pairwise(actor.phases)
    ]
    # Where a shape has room for nothing else it stays still twice; that is one event then.
    assert set(pairs) <= {frozenset(), frozenset({"stays still"})}
    assert sum(map(bool, pairs)) < 0.01 * len(pairs)


@settings(max_examples=30)
@given(**WORLDS)
def test_shapes_never_hide_one_another(seed: int, level: str, length: float, aspect: float) -> None:
    world = make_world(seed, length, level=level, aspect=aspect)
    for scene in world.scenes:
        for one, two in itertools.combinations(scene.actors, 2):
            # The ends of phases are the extremes of straight ways.
            for phase in one.phases:
                for time in (phase.span.start, phase.span.centre, phase.span.end - 1e-6):
                    _assert_apart(one, two, time)


def _assert_apart(one: Actor, two: Actor, time: float) -> None:
    if not two.span.contains(time):
        return
    drawn = []
    for actor in (one, two):
        phase = next(p for p in actor.phases if p.span.contains(time))
        if phase.action == "shakes":  # it swings a little into its neighbour's cell
            return
        drawn.append(drawn_at(phase, time))
    here, there = drawn
    gap = math.hypot(here.x - there.x, here.y - there.y)
    assert gap > 0.8 * (here.radius + there.radius)


@given(**WORLDS)
def test_every_shape_can_be_seen_at_every_moment(
    seed: int, level: str, length: float, aspect: float
) -> None:
    world = make_world(seed, length, level=level, aspect=aspect)
    width, height = extent(aspect)
    for scene in world.scenes:
        for actor in scene.actors:
            for phase in actor.phases:
                for time in (phase.span.start, phase.span.centre, phase.span.end):
                    shape = drawn_at(phase, time)
                    assert -shape.radius < shape.x < width + shape.radius
                    assert -shape.radius < shape.y < height + shape.radius


@given(**WORLDS)
def test_no_two_shapes_of_a_scene_look_alike(
    seed: int, level: str, length: float, aspect: float
) -> None:
    world = make_world(seed, length, level=level, aspect=aspect)
    for scene in world.scenes:
        looks = [(actor.thing.colour, actor.thing.shape) for actor in scene.actors]
        assert len(set(looks)) == len(looks)


def test_dials_turn_what_they_say() -> None:
    calm = dataclasses.replace(
        LEVELS["medium"], partial=0.0, lettering=0.0, dissolve=0.0, phases=1, meeting=0.0
    )
    world = make_world(5, 300, level=calm)
    edges = {scene.span for scene in world.scenes}
    assert all(a.span in edges and len(a.phases) == 1 for s in world.scenes for a in s.actors)
    assert not any(scene.letterings or scene.dissolve for scene in world.scenes)

    busy = dataclasses.replace(LEVELS["medium"], partial=1.0, lettering=1.0, dissolve=1.0)
    world = make_world(5, 300, level=busy)
    inside = [a.span not in {s.span} for s in world.scenes for a in s.actors]
    assert sum(inside) > 0.7 * len(inside)
    assert all(scene.letterings for scene in world.scenes)
    assert all(scene.dissolve for scene in world.scenes[1:])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seed": -1}, "must be >= 0"),
        ({"aspect": 9.0}, r"lie in \[0.25, 4\]"),
        ({"length": 2}, "cannot last"),
        ({"length": float("inf")}, "cannot last"),
        ({"level": "absurd"}, "Known: nano, easy, medium, hard"),
    ],
)
def test_an_impossible_world_is_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_world(**({"seed": 0, "length": 30} | arguments))  # type: ignore[arg-type]  # on purpose


@given(seed=st.integers(0, 10**9))
def test_a_seed_is_in_exactly_one_split(seed: int) -> None:
    owners = [split for split in SPLITS if next(seeds_of(split, start=seed)) == seed]
    assert owners == [split_of(seed)]


def test_splits_have_eight_one_and_one_tenth_of_the_seeds() -> None:
    counts = {split: [split_of(seed) for seed in range(1000)].count(split) for split in SPLITS}
    assert counts == {"train": 800, "validation": 100, "test": 100}
    with pytest.raises(ValueError, match="Known: train, validation, test"):
        seeds_of("dev")
