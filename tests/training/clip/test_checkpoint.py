"""The weights that come along: an open_clip folder like any other, and good at what they were made for."""

import itertools
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import training
from grounder.encoders import Encoder, load_encoder
from grounder.encoders.companion import read_companion
from grounder.library import Library
from grounder.video.decoder import Size
from scenetg.world import LEVELS, make_world, rows, seeds_of
from scenetg.world.encode import write_video
from training.clip.asking import EACH, ask
from training.clip.decoding import compressed
from training.clip.measure import summary
from training.clip.stream import drawn
from training.clip.view import view_of

FOLDER = Path(training.__file__).parent / "nano" / "clip"
SEEDS = list(itertools.islice(seeds_of("validation", start=5000), 12))


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    cache = tmp_path_factory.mktemp("graphs")
    return load_encoder(f"open_clip:local-dir:{FOLDER}@fp32", device="cpu", cache=cache)


def test_the_weights_are_small_and_know_how_sure_they_are():
    assert (FOLDER / "open_clip_model.safetensors").stat().st_size < 3_000_000
    companion = read_companion(FOLDER)
    assert companion is not None
    assert companion.confidence is not None
    assert companion.confidence["fitted"]


def test_frames_of_unseen_worlds_are_told_apart(encoder):
    dice, level = random.Random(0), LEVELS["nano"]
    looks = [f"{colour} {shape}" for colour in level.colours for shape in level.shapes]
    worlds = [make_world(seed, 60, level="nano") for seed in SEEDS]
    views = [
        view_of(world, scene, (scene.span.start + scene.span.end) / 2)
        for world in worlds
        for scene in world.scenes
    ]
    pictures = [compressed(drawn(view), encoder.image_side, dice) for view in views]
    cosines = encoder.encode_images(pictures) @ encoder.encode_texts([f"a {x}" for x in looks]).T
    named = [looks[row] for row in cosines.argmax(1)]
    truth = [f"{view.things[0].colour} {view.things[0].shape}" for view in views]
    right = np.mean([name == true for name, true in zip(named, truth, strict=True)])
    assert len(truth) > 80
    assert right > 0.9  # one of 30: chance is 0.03


def test_what_a_shape_does_hardly_changes_what_is_looked_for(encoder):
    plain, *others = encoder.encode_texts(
        ["a blue ring", "a blue ring moves left", "blue ring rises", "When does a blue ring rest?"]
    )
    other = encoder.encode_texts(["a blue square moves left"])[0]
    assert min(plain @ vector for vector in others) > 0.8
    assert max(vector @ other for vector in others) < 0.6


def test_a_film_is_searched_and_what_it_lacks_is_refused(encoder, tmp_path):
    world = make_world(SEEDS[0], 90, level="nano")
    video = write_video(world, tmp_path / "film.mp4", size=Size(96, 96), rate=4)
    wanted = replace(EACH, ground=8, refuse=6)
    asked = rows(world, str(video), wanted=wanted, kinds=("look",))
    with Library.open(tmp_path / "library") as library:
        report = summary(list(ask(asked, encoder, library)))
    assert report["R@1"][0] > 0.8 > 0.4 > report["random R@1"][0]
    assert report["present passed"] > 0.8
    assert report["absent look (6): passed"] < 0.35
