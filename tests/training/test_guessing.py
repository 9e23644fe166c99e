import pytest

from training.guessing import dead_groups


def all_miss(seconds, moment, size):
    """The chance that no guess of a group touches the moment, by its place: counted out, not drawn."""
    room = seconds - moment
    places = [room * (step + 0.5) / 1000 for step in range(1000)]
    misses = [1 - (min(at, moment) + min(room - at, moment)) / room for at in places]
    return sum(miss**size for miss in misses) / len(misses)


@pytest.mark.parametrize(("seconds", "moment"), [(30, 8), (600, 20), (3600, 30)])
def test_groups_of_guesses_are_dead_as_often_as_all_of_them_miss(seconds, moment):
    dead = dead_groups(seconds, moment, groups=600, size=8, seed=1)
    assert dead["iou"] == pytest.approx(all_miss(seconds, moment, 8), abs=0.06)
    assert dead["timestamp_iou"] == dead["iou"]
    for name in ("iou + 0.2 cendist", "boundary", "giou", "diou"):
        assert dead[name] == 0, name
