import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grounder.transcript import read_subtitles
from grounder.video import Size, Video
from scenetg.world import LEVELS, make_world
from scenetg.world.encode import write_dialogue, write_video
from scenetg.world.motion import drawn_at
from scenetg.world.outline import OUTLINES
from scenetg.world.script import Background
from scenetg.world.texture import PATTERNS, texture
from scenetg.world.vocabulary import COLOURS, SHAPES, TINTS
from scenetg.world.vocabulary import PATTERNS as PATTERN_NAMES

HOLLOW = {"ring", "moon"}


@settings(max_examples=20)
@given(seed=st.integers(0, 1000), level=st.sampled_from(["easy", "medium", "hard"]))
def test_every_shape_is_seen_in_its_colour_where_the_script_says(seed: int, level: str) -> None:
    world = make_world(seed, 30, level=dataclasses.replace(LEVELS[level], dissolve=0.0))
    for scene in world.scenes:
        for actor in scene.actors:
            for phase in actor.phases:
                time = phase.span.centre
                shape = drawn_at(phase, time)
                inside = 0.05 < shape.x < 0.95 and 0.05 < shape.y < 0.78
                if actor.thing.shape in HOLLOW or shape.opacity < 1 or not inside:
                    continue
                image = world.frames([time], size=Size(200, 200)).images[0]
                pixel = image[int(shape.y * 200), int(shape.x * 200)]
                assert np.abs(pixel - np.array(COLOURS[actor.thing.colour])).max() <= 1


def test_the_same_seed_gives_the_same_pixels() -> None:
    times = [0.0, 7.25, 19.9]
    one, two = (make_world(3, 20, level="hard").frames(times).images for _ in range(2))
    assert np.array_equal(one, two)


def test_frames_carry_their_times_and_the_default_size() -> None:
    frames = make_world(3, 20, aspect=16 / 9).frames([1.0, 2.5])
    assert frames.times.tolist() == [1.0, 2.5]
    assert frames.images.shape == (2, 64, 114, 3)


def test_a_cut_is_sharp_and_a_dissolve_goes_through_the_middle() -> None:
    plain = dataclasses.replace(LEVELS["nano"], dissolve=1.0)
    world = make_world(4, 30, level=plain)
    scene = world.scenes[1]
    assert scene.dissolve == 1.0
    edge = scene.span.start
    before, middle, after = world.frames([edge - 0.6, edge, edge + 0.6]).images.astype(float)
    assert np.abs((before + after) / 2 - middle).mean() < 4
    assert np.abs(before - after).mean() > 10

    sharp = make_world(4, 30, level="nano")
    edge = sharp.scenes[1].span.start
    before, after, later = sharp.frames([edge - 0.01, edge, edge + 0.01]).images.astype(float)
    assert np.abs(before - after).mean() > 10 * np.abs(after - later).mean()


def test_letters_appear_and_go_when_the_script_says() -> None:
    level = dataclasses.replace(LEVELS["medium"], lettering=1.0, dissolve=0.0)
    world = make_world(8, 120, level=level)
    shown = [s for scene in world.scenes for s in scene.letterings]
    assert len(shown) >= 4
    for lettering in shown:
        times = [lettering.span.start, lettering.span.end - 0.01]
        strips = world.frames(times, size=Size(64, 64)).images[:, -12:]
        assert all((strip.min(axis=2) > 180).mean() > 0.04 for strip in strips), lettering


def test_the_decoded_file_shows_what_is_rendered_directly(tmp_path: Path) -> None:
    size = Size(320, 180)
    world = make_world(6, 12, level="hard", aspect=16 / 9)
    path = write_video(world, tmp_path / "world.mp4", size=size)
    with Video.open(path) as video:
        decoded = video.frames([number / 10 for number in range(0, 120, 3)])
        assert video.duration == pytest.approx(12)
        assert video.facts.codec == "h264"
    direct = world.frames(decoded.times.tolist(), size=size)
    difference = np.abs(decoded.images.astype(int) - direct.images.astype(int))
    assert difference.mean(axis=(1, 2, 3)).max() < 4
    # Frames that are one step off would differ by more than the codec loses.
    assert np.allclose(decoded.times, np.arange(0, 120, 3) / 10)


def test_the_same_world_gives_the_same_bytes(tmp_path: Path) -> None:
    world = make_world(7, 6, level="easy")
    files = [write_video(world, tmp_path / name, size=Size(64, 64)) for name in ("a.mp4", "b.mp4")]
    assert files[0].read_bytes() == files[1].read_bytes()
    assert not list(tmp_path.glob("*.part"))


def test_dialogue_is_read_back_as_it_was_said(tmp_path: Path) -> None:
    world = make_world(9, 300)
    lines = read_subtitles(write_dialogue(world, tmp_path / "world.srt")).lines
    said = [remark.span for remark in world.remarks]
    assert [line.span.start for line in lines] == pytest.approx([span.start for span in said])
    assert [line.span.end for line in lines] == pytest.approx([span.end for span in said])
    assert [line.text for line in lines] == [f"{r.speaker}: {r.text}" for r in world.remarks]


@pytest.mark.parametrize("size", [Size(63, 64), Size(100, 64)])
def test_a_size_that_does_not_fit_is_refused(size: Size, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"even sides|aspect"):
        write_video(make_world(1, 10), tmp_path / "world.mp4", size=size)


def test_times_outside_the_world_are_refused() -> None:
    with pytest.raises(ValueError, match="leave the world"):
        make_world(1, 10).frames([9.0, 10.5])


def test_every_word_of_the_vocabulary_can_be_drawn() -> None:
    assert set(OUTLINES) == set(SHAPES)
    assert set(PATTERNS) == set(PATTERN_NAMES)
    pictures = [texture(Background(name, "grey", 5), 48, 48) for name in PATTERN_NAMES]
    for one in range(len(pictures)):
        for two in range(one):
            assert np.abs(pictures[one].astype(int) - pictures[two]).mean() > 3


@pytest.mark.parametrize("pattern", PATTERN_NAMES)
def test_every_colour_stands_out_from_every_background(pattern: str) -> None:
    for tint in TINTS:
        tones = texture(Background(pattern, tint, 3), 64, 64).reshape(-1, 1, 3).astype(float)
        distances = np.linalg.norm(tones - np.array(list(COLOURS.values())), axis=2)
        assert distances.min() > 60, (tint, list(COLOURS)[int(distances.min(axis=0).argmin())])
