"""The simulated describer: it tells the truth but for the mistakes that it is told to make."""

import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grounder.adapters import load_adapter
from grounder.video import Frames, Video
from grounder.video.decoder import Size
from grounder.vlm import Sampling
from scenetg.prompts import caption_messages, look_messages, mark_messages, query_messages
from scenetg.settings import Settings
from scenetg.world import World, make_world
from scenetg.world.encode import write_video
from scenetg.world.query import Query
from scenetg.world.truth import spans_of
from training.truth.clauses import LEAKS, leaks, read, say
from training.truth.describer import Mistakes, SimulatedDescriber, meaning_of
from training.truth.facts import facts, implies
from training.truth.sight import Sight

RATE = 5
PLAIN = load_adapter("plain")
NONE = Mistakes()


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World, Sight]:
    world = make_world(8, 40.0, level="easy", aspect=1.5)
    path = tmp_path_factory.mktemp("truth") / "world-8.mp4"
    write_video(world, path, size=Size(96, 64), rate=RATE)
    sight = Sight(RATE)
    sight.learn(path, max_pixels=Settings().describe.max_pixels, decoder="pyav")
    return path, world, sight


def shown(path: Path, times: list[float]) -> Frames:
    with Video.open(path) as video:
        return video.frames(times)


def ask(film: tuple[Path, World, Sight], prompt: object, mistakes: Mistakes = NONE) -> str:
    path, world, sight = film
    describer = SimulatedDescriber({path: world}, sight, mistakes)
    [said] = describer.generate([prompt], Sampling())  # type: ignore[list-item]  # prompts of three shapes
    return said.text


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.sampled_from(["nano", "easy", "medium", "hard"]))
def test_every_fact_can_be_read_back_from_its_words(seed: int, level: str) -> None:
    world = make_world(seed, 60.0, level=level)
    time = random.Random(seed).uniform(0, world.duration)
    for fact in facts(world, [time]):
        assert read(say(fact)) == fact
        assert any(span.contains(time) for span in spans_of(world, fact))


def test_a_leak_is_told_apart_from_the_meaning() -> None:
    for leak in LEAKS:
        query = f"a red square spins {leak}"
        assert leaks(query)
        assert meaning_of(query) == (Query(colour="red", shape="square", action="spins"), True)
    with pytest.raises(ValueError, match="no query"):
        meaning_of("a dog barks")


def test_a_fact_implies_what_asks_less_and_nothing_else() -> None:
    fact = Query(colour="red", shape="square", action="spins", pattern="plain", tint="grey")
    assert implies(fact, Query(colour="red", action="spins"))
    assert not implies(fact, Query(colour="red", size="big"))
    assert not implies(fact, Query(colour="blue"))


def test_pictures_are_placed_by_their_pixels(film: tuple[Path, World, Sight]) -> None:
    path, world, sight = film
    times = [world.scenes[1].span.start + step for step in (0.5, 1.3, 2.1)]
    prompt = caption_messages(shown(path, times), PLAIN)
    seen = sight.place(prompt)
    assert seen.video == path
    assert {world.scene_number(time) for time in seen.times} == {1}
    assert facts(world, seen.times) == facts(world, times)


def test_pictures_of_no_known_video_are_refused(film: tuple[Path, World, Sight]) -> None:
    images = shown(film[0], [1.0]).images.copy()
    images[0, 0, 0] ^= 255
    with pytest.raises(ValueError, match="no video"):
        film[2].place(caption_messages(Frames(images, shown(film[0], [1.0]).times), PLAIN))


def test_without_mistakes_a_query_is_true_of_its_stretch(film: tuple[Path, World, Sight]) -> None:
    path, world, _ = film
    for scene in world.scenes:
        times = [scene.span.start + (n + 0.5) * scene.span.duration / 8 for n in range(8)]
        caption = ask(film, caption_messages(shown(path, times), PLAIN))
        reply = json.loads(ask(film, query_messages(caption)))
        meaning, leak = meaning_of(reply["query"])
        assert not leak
        assert any(span.overlap(scene.span) > 0.8 * scene.span.duration for span in spans_of(world, meaning))  # fmt: skip
        looked = json.loads(ask(film, look_messages(reply["query"], shown(path, times), PLAIN)))
        assert looked == {"seen": "yes"}
        marked = json.loads(ask(film, mark_messages(reply["query"], {3: caption, 7: "Nothing."})))
        assert marked == {"fits": [3]}


def test_each_mistake_is_made_when_it_is_dialled(film: tuple[Path, World, Sight]) -> None:
    path, world, _ = film
    span = world.scenes[0].span
    frames = shown(path, [span.start + 1, span.start + 2, span.start + 3])
    caption = ask(film, caption_messages(frames, PLAIN))
    query = json.loads(ask(film, query_messages(caption)))["query"]
    assert ask(film, caption_messages(frames, PLAIN), Mistakes(colour=1)) != caption
    vaguer = json.loads(ask(film, query_messages(caption), Mistakes(omission=1)))["query"]
    assert len(meaning_of(vaguer)[0].to_meta()) < len(meaning_of(query)[0].to_meta())
    assert leaks(json.loads(ask(film, query_messages(caption), Mistakes(leak=1)))["query"])
    wrong = ask(film, mark_messages(query, {1: caption}), Mistakes(captions=1))
    assert json.loads(wrong) == {"fits": []}
    wrong = ask(film, look_messages(query, frames, PLAIN), Mistakes(looking=1))
    assert json.loads(wrong) == {"seen": "no"}


def test_the_name_tells_the_mistakes_and_the_seed(film: tuple[Path, World, Sight]) -> None:
    path, world, sight = film
    names = {
        SimulatedDescriber({path: world}, sight, mistakes, seed=seed).name
        for mistakes in (NONE, Mistakes.all_at(0.1))
        for seed in (0, 1)
    }
    assert len(names) == 4


def test_a_prompt_of_another_kind_is_refused(film: tuple[Path, World, Sight]) -> None:
    from scenetg.prompts import guess_messages

    with pytest.raises(ValueError, match="not made for"):
        ask(film, guess_messages("Which?", ["a", "b"]))
