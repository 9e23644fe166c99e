"""The nano model before it is taught: words, eyes, and the layout of released models."""

from itertools import islice

import numpy as np
import pytest

from grounder.adapters import load_adapter
from grounder.prompt import grounding_messages
from grounder.span import Span
from grounder.video import Frames
from grounder.vlm import Sampling, load_vlm
from scenetg.world import LEVELS, Wanted, make_world, rows, seeds_of
from training.nano.make import main as make


@pytest.fixture(scope="session")
def start(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nano") / "start"
    make(folder, seed=0, steps=2)
    return folder


@pytest.fixture(scope="session")
def tokenizer(start):
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(start)


def test_every_word_of_held_out_worlds_is_one_token(tokenizer):
    words = {
        word
        for seed in islice(seeds_of("test"), 40)
        for row in rows(make_world(seed, 60, level="nano"), "", wanted=Wanted(shots=False))
        for text in (row.query, row.question or "", *row.options, row.answer or "")
        for word in text.replace("?", " ").replace(",", " ").split()
        if word.isalpha()
    }
    assert len(words) > 60
    assert {word for word in words if len(tokenizer.encode(f" {word}")) > 1} == set()


def test_every_time_has_a_token_for_its_seconds_and_one_for_its_tenth(tokenizer):
    stamp = tokenizer.tokenize("<12.5 seconds>")
    assert [token.replace("Ġ", " ") for token in stamp] == ["<", "12", ".5", " seconds>"]
    for seconds in (0, 7, 63, 480, 999):
        assert tokenizer.tokenize(f"{seconds}.0-") == [str(seconds), ".0", "-"]


def test_it_is_served_as_a_released_model_and_told_true_times(start):
    vlm = load_vlm(f"hf:{start}#nano")
    times = np.arange(0.0, 10.0)
    frames = Frames(np.zeros((10, 48, 64, 3), np.uint8), times)
    prompt = grounding_messages(load_adapter("nano"), frames, "a red circle", within=Span(0, 10))
    assert vlm.stamps(prompt) == [0.5, 2.5, 4.5, 6.5, 8.5]
    completion = vlm.generate([prompt], Sampling(max_tokens=4))[0]
    assert (completion.frames, completion.visual_tokens) == (10, 5)  # a token for each pair


def test_a_folder_with_a_model_is_left_alone(start):
    from grounder.errors import SpecError

    with pytest.raises(SpecError, match="holds a model already"):
        make(start, seed=1, steps=1)


@pytest.mark.slow
def test_eyes_learn_what_is_seen_and_the_same_each_time(tokenizer):
    import torch

    from training.nano.model import Size, new_model, new_processor
    from training.nano.sight import SCALE, Settings, learn_to_see

    def learnt():
        model, processor = new_model(tokenizer, Size(), seed=1), new_processor(tokenizer)
        words = model.get_input_embeddings().weight.detach().clone()
        told = []
        settings = Settings(steps=24, videos=4, fresh=2)
        learn_to_see(model, processor, settings, seed=3, told=lambda *step: told.append(step))
        assert torch.equal(words, model.get_input_embeddings().weight)
        return model, told

    model, told = learnt()
    assert [step for step, _, _ in told] == list(range(1, 25))
    losses = [loss for _, loss, _ in told]
    assert np.mean(losses[-6:]) < 0.8 * np.mean(losses[:6])
    frames = torch.rand(2 * 16, 2 * 3 * 8 * 8)
    seen = model.model.visual(frames, torch.tensor([[2, 4, 4]])).pooler_output
    assert 0.2 * SCALE < float(seen.detach().pow(2).mean().sqrt()) < 5 * SCALE
    again, _ = learnt()
    assert all(
        torch.equal(one, other)
        for one, other in zip(model.parameters(), again.parameters(), strict=True)
    )


def test_each_pair_of_pictures_of_a_nano_world_shows_one_thing():
    level = LEVELS["nano"]
    world = make_world(7, 60, level="nano")
    assert level.grid == 2.0
    assert all(scene.span.start % 2 == 0 and len(scene.actors) == 1 for scene in world.scenes)
