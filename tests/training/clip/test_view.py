"""What a frame shows, and which descriptions are true of it."""

import random

import pytest

from scenetg.world import make_world
from scenetg.world.query import Query
from scenetg.world.script import Thing
from training.clip.view import View, describe, empty_view, fits, view_of


@pytest.fixture(scope="module")
def view() -> View:
    world = make_world(0, 30, level="nano")
    scene = world.scenes[0]
    return view_of(world, scene, scene.span.start)


def test_a_shape_fits_by_its_look_whatever_it_is_said_to_do(view):
    thing = view.things[0]
    assert fits(Query(thing.colour, thing.shape, action="spins"), view)
    assert fits(Query(colour=thing.colour), view)
    assert not fits(Query("cyan", thing.shape), view)
    assert not fits(Query(thing.colour, "moon"), view)
    assert not fits(Query(thing.colour, thing.shape, beside=Thing("cyan", "moon")), view)


def test_a_shape_of_no_named_size_may_be_called_either(view):
    thing = view.things[0]
    assert thing.size is None
    assert fits(Query(thing.colour, thing.shape, size="big"), view)


def test_a_background_fits_by_its_tint(view):
    tint = view.scene.background.tint
    assert fits(Query(tint=tint), view)
    assert not fits(Query(tint="black" if tint != "black" else "teal"), view)


def test_only_an_empty_picture_shows_nothing(view):
    assert not fits(None, view)
    assert fits(None, empty_view(view))
    assert describe(empty_view(view), random.Random(0)) is None
