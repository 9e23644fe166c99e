import dataclasses
from collections import Counter

import numpy as np
import pytest

from grounder.adapters import load_adapter
from grounder.errors import SpecError
from grounder.span import Span
from scenetg.world import seed_at, seeds_of, split_of
from scenetg.world.questions import BARE
from training.sft.lessons import lesson_of
from training.sft.rendered import Rendered

ADAPTER = load_adapter("qwen3-vl")
SHORT = Rendered(seconds=(6, 9), scenes=(2, 4), rows=200)


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_seeds_can_be_taken_by_their_place(split):
    counted = seeds_of(split)
    assert [seed_at(split, place) for place in range(25)] == [next(counted) for _ in range(25)]


def test_a_number_is_one_lesson_in_every_run():
    one, again = (SHORT[7] for _ in range(2))
    assert one[:2] == again[:2]
    np.testing.assert_array_equal(
        one[2].window(ADAPTER.budget).images, again[2].window(ADAPTER.budget).images
    )
    assert SHORT[8][0] != one[0]


def test_worlds_mix_tasks_and_lengths_and_keep_to_their_split():
    items = [SHORT[number] for number in range(60)]
    assert set(Counter(subject for _, subject, _ in items)) == {"ground", "caption", "verify", "qa"}
    lengths = {footage.span.duration for _, _, footage in items}
    assert len(lengths) > 1
    assert all(5 <= length <= 10 for length in lengths)  # rounded to the level's grid
    assert {split_of(sample.meta["seed"]) for sample, _, _ in items} == {"train"}
    seeds = [sample.meta["seed"] for sample, _, _ in items]
    assert len(set(seeds)) == len(seeds)


def test_an_offset_moves_labels_and_pictures_alike():
    moved = dataclasses.replace(SHORT, offset=500.0)
    pairs = [(SHORT[number], moved[number]) for number in range(24)]
    shifts = set()
    for (plain, _, here), (late, _, there) in pairs:
        shift = there.span.start
        shifts.add(shift)
        assert [(s.start + shift, s.end + shift) for s in plain.spans] == [
            (s.start, s.end) for s in late.spans
        ]
        one, other = here.window(ADAPTER.budget), there.window(ADAPTER.budget)
        np.testing.assert_allclose(other.times, one.times + shift)
        np.testing.assert_array_equal(one.images, other.images)
    assert len(shifts) > 5
    assert 0 <= min(shifts) <= max(shifts) <= 500


def test_the_longest_video_waits_then_grows_then_stays():
    grown = Rendered(seconds=(8, 32), rows=1000, together=2, ramp=(0.2, 0.6))
    lengths = [grown.longest(world) for world in (0, 100, 200, 300, 499)]
    assert lengths == pytest.approx([8, 8, 16, 32, 32])
    assert Rendered(seconds=(8, 32)).longest(0) == 32


def test_worlds_in_a_row_can_be_equally_long():
    alike = Rendered(seconds=(8, 32), together=2, alike=4, rows=200)
    lengths = [alike[number][2].span.duration for number in range(24)]
    assert len(set(lengths[:8])) == len(set(lengths[8:16])) == 1
    assert len(set(lengths)) > 1


def test_every_lesson_of_a_world_can_be_taught():
    SHORT.check(ADAPTER, "plain")
    subjects = ("ground", "caption", "verify", "qa", "plan")
    for number in range(20):
        sample, subject, footage = dataclasses.replace(SHORT, subjects=subjects)[number]
        lesson = lesson_of(sample, subject, footage, adapter=ADAPTER, targets="plain")
        assert lesson.reply


def test_questions_are_of_the_kinds_asked_for_and_some_offer_no_options():
    source = dataclasses.replace(
        SHORT, seconds=(20, 30), subjects=("qa",), questions=BARE, open_questions=0.5
    )
    samples = [source[number][0] for number in range(24)]
    assert {sample.meta["kind"] for sample in samples} == set(BARE)
    assert all("background" not in (sample.question or "") for sample in samples)
    assert 4 < sum(not sample.options for sample in samples) < 20


@pytest.mark.parametrize(
    ("changes", "adapter", "targets", "said"),
    [
        ({"seconds": (9, 6)}, "qwen3-vl", "plain", "seconds must rise"),
        ({"seconds": (6, 900)}, "qwen3-vl", "plain", "shows at most 224 s"),
        ({"scenes": (20, 30)}, "qwen3-vl", "plain", "cannot last"),
        ({}, "qwen3-vl", "thought", "no `thought`"),
        ({}, "time-r1", "plain", "no way to say|read back as"),
        (
            {"seconds": (6, 6), "scenes": (6, 6), "subjects": ("ground",)},
            "qwen3-vl",
            "plain",
            "no row that teaches",
        ),
    ],
)
def test_worlds_that_cannot_be_taught_are_an_error(changes, adapter, targets, said):
    with pytest.raises(SpecError, match=said):
        dataclasses.replace(SHORT, **changes).check(load_adapter(adapter), targets)


def test_what_an_index_would_guess_is_mostly_right_and_the_same_each_time():
    source = dataclasses.replace(SHORT, level="nano", guessed=0.75)
    said = Counter()
    for number in range(60):
        _, _, footage = source[number]
        for scene in footage.world.scenes:
            thing, span = scene.actors[0].thing, footage.timeline.span(scene.span)
            told = footage.described(span)
            assert told == footage.described(span)
            said[told and told == f"(looks like: {thing.colour} {thing.shape})"] += 1
    assert 0.1 < said[""] / said.total() < 0.4
    assert 2 < said[True] / said[False] < 8
    assert SHORT[0][2].described(Span(0, 2)) == ""


def test_a_window_begins_in_the_midst_of_things():
    source = dataclasses.replace(SHORT, seconds=(12, 20), cut=5.0)
    items = [source[number] for number in range(60)]
    cuts = [footage.cut for _, _, footage in items]
    assert 10 < sum(cut > 0 for cut in cuts) < 50
    assert max(cuts) <= 5
    for sample, _, footage in items:
        begun = footage.timeline.later[0]
        assert footage.span.start == pytest.approx(begun + footage.cut)
        assert footage.span.start % 2 == pytest.approx(0.0)
        whole = [span.shift(-begun) for span in sample.spans if span.start > footage.cut + 1]
        assert all(span.end % 0.5 == pytest.approx(0, abs=1e-6) for span in whole)
        assert all(footage.span.clip(span) == span for span in sample.spans)
        assert footage.window(ADAPTER.budget).times[0] == footage.span.start


def test_at_least_half_of_a_short_world_is_left():
    source = dataclasses.replace(SHORT, seconds=(6, 6.2), cut=6.0)
    footages = [source[number][2] for number in range(60)]
    assert max(footage.cut for footage in footages) > 2
    assert all(footage.cut <= footage.world.duration / 2 for footage in footages)


def test_seconds_may_lack_between_scenes():
    source = dataclasses.replace(SHORT, missing=100.0)
    items = [source[number] for number in range(40)]
    gaps = [footage.span.duration - footage.world.duration for _, _, footage in items]
    assert 10 < sum(gap > 1 for gap in gaps) < 35
    assert max(gaps) < 100
    assert all(footage.span.clip(span) == span for row, _, footage in items for span in row.spans)
