from functools import cache

import numpy as np
import pytest

from grounder.adapters import load_adapter
from grounder.errors import ModelError, SpecError
from grounder.prompt import clip_messages, grounding_messages
from grounder.span import Span
from grounder.video.frames import Frames
from grounder.vlm import Sampling, load_vlm

SHORT = Sampling(max_tokens=6)
WITHIN = Span(10.0, 14.0)


def frames_at(times, size=(60, 80)):
    count = len(times)
    levels = np.linspace(20, 220, count).astype(np.uint8)
    images = np.broadcast_to(levels[:, None, None, None], (count, *size, 3)).copy()
    return Frames(images, np.array(times, np.float64))


@pytest.fixture(scope="module")
def loaded(tiny_vlm):
    return cache(lambda architecture: load_vlm(f"hf:{tiny_vlm(architecture)}"))


EVEN = [10.0, 10.5, 11.0, 11.5, 12.0, 12.5]
UNEVEN = [10.0, 10.3, 11.0, 13.2, 13.3, 13.9]


def test_qwen2_5_vl_is_told_the_true_spacing(loaded):
    vlm = loaded("qwen2_5_vl")
    prompt = grounding_messages(vlm.adapter, frames_at(EVEN), "a dog", within=WITHIN)
    assert vlm.stamps(prompt) == [0.0, 1.0, 2.0]
    slower = grounding_messages(vlm.adapter, frames_at([10, 11, 12, 13]), "a dog", within=WITHIN)
    assert vlm.stamps(slower) == [0.0, 2.0]


@pytest.mark.parametrize("times", [EVEN, UNEVEN])
def test_qwen3_vl_is_told_the_mean_time_of_each_pair_however_uneven(loaded, times):
    vlm = loaded("qwen3_vl")
    prompt = grounding_messages(vlm.adapter, frames_at(times), "a dog", within=WITHIN)
    means = (np.array(times[::2]) + np.array(times[1::2])) / 2 - 10
    assert vlm.stamps(prompt) == pytest.approx(means.tolist(), abs=0.051)


def test_qwen3_vl_on_the_video_clock_is_told_whole_video_seconds(loaded):
    vlm = loaded("qwen3_vl")
    prompt = clip_messages("", "what?", frames_at([3601.0, 3602.0, 3603.5]), vlm.adapter)
    assert vlm.stamps(prompt) == pytest.approx([3601.5, 3603.5], abs=0.051)


def test_uneven_frames_are_refused_by_a_model_that_is_told_one_spacing(loaded):
    vlm = loaded("qwen2_5_vl")
    prompt = grounding_messages(vlm.adapter, frames_at(UNEVEN), "a dog", within=WITHIN)
    with pytest.raises(ModelError, match=r"not evenly spaced.*Sample evenly"):
        vlm.generate([prompt], SHORT)


def test_uneven_frames_reach_such_a_model_as_titled_even_clips(loaded):
    vlm = loaded("qwen2_5_vl")
    prompt = clip_messages("", "what?", frames_at(UNEVEN), vlm.adapter)
    assert vlm.generate([prompt], SHORT)[0].frames == 6


def test_a_clock_that_starts_elsewhere_is_refused_by_a_model_that_counts_from_the_first_frame(
    loaded,
):
    vlm = loaded("qwen2_5_vl")
    prompt = grounding_messages(vlm.adapter, frames_at(EVEN), "a dog", within=Span(3, 14))
    with pytest.raises(ModelError, match="counts time from a clip's first frame"):
        vlm.stamps(prompt)


@pytest.mark.parametrize("architecture", ["qwen2_vl", "qwen2_5_vl", "qwen3_vl"])
def test_pixels_arrive_in_order_and_under_their_own_time(loaded, architecture):
    vlm = loaded(architecture)
    frames = frames_at(EVEN)
    prompt = grounding_messages(vlm.adapter, frames, "a dog", within=WITHIN)
    pairs = frames.images.reshape(3, -1).mean(axis=1) / 255
    assert vlm.brightness(prompt) == pytest.approx(pairs.tolist(), abs=0.01)


@pytest.mark.parametrize("architecture", ["qwen2_5_vl", "qwen3_vl"])
def test_a_batch_answers_as_one_by_one_and_counts_its_cost(loaded, architecture):
    vlm = loaded(architecture)
    prompts = [
        grounding_messages(vlm.adapter, frames_at(EVEN), query, within=WITHIN)
        for query in ("a dog", "somebody opens a very large red door", "rain", "x", "y")
    ]
    together = vlm.generate(prompts, SHORT)
    assert together == [vlm.generate([prompt], SHORT)[0] for prompt in prompts]
    unit = vlm.adapter.budget.pixel_unit
    assert together[0].visual_tokens == 3 * round(60 / unit) * round(80 / unit)
    assert (together[0].frames, together[0].completion_tokens) == (6, 6)
    assert not together[0].finished


@pytest.mark.parametrize("architecture", ["qwen2_5_vl", "qwen3_vl"])
def test_what_is_predicted_depends_on_the_pixels(loaded, architecture):
    import torch

    from grounder.vlm.chat import chat_of

    vlm = loaded(architecture)
    noise = frames_at(EVEN)
    noise.images[:] = np.random.default_rng(0).integers(0, 255, noise.images.shape)
    logits = []
    for frames in (frames_at(EVEN), noise):
        prompt = grounding_messages(vlm.adapter, frames, "a dog", within=WITHIN)
        with torch.inference_mode():
            logits.append(vlm._model(**vlm._inputs([chat_of(prompt, vlm._family)])).logits[0, -1])
    assert (logits[0] - logits[1]).abs().max() > 1e-3


def test_half_precision_does_not_round_the_times(tiny_vlm):
    import torch

    vlm = load_vlm(f"hf:{tiny_vlm('qwen2_5_vl')}")
    vlm._model.to(torch.bfloat16)
    times = [10 + 0.70508 * number for number in range(120)]
    prompt = clip_messages("", "what?", frames_at(times, size=(28, 28)), vlm.adapter)
    told = vlm.stamps(prompt)
    # Position ids are whole steps of half a second, rounded down.
    assert np.all(np.abs(np.array(told) - 1.41016 * np.arange(60) + 0.25) <= 0.26)
    assert vlm.generate([prompt], SHORT)[0].frames == 120


def test_a_seed_gives_the_same_reply_and_leaves_the_global_generator_alone(loaded):
    import torch

    vlm = loaded("qwen3_vl")
    prompt = grounding_messages(vlm.adapter, frames_at(EVEN), "a dog", within=WITHIN)
    drawn = Sampling(max_tokens=12, temperature=1.0, seed=3)
    state = torch.get_rng_state()
    first = vlm.generate([prompt], drawn)[0].text
    assert torch.equal(torch.get_rng_state(), state)
    assert vlm.generate([prompt], drawn)[0].text == first
    other = vlm.generate([prompt], Sampling(max_tokens=12, temperature=1.0, seed=4))[0].text
    assert other != first


def test_a_drawn_reply_does_not_depend_on_what_it_is_drawn_beside(loaded):
    vlm = loaded("qwen3_vl")
    drawn = Sampling(max_tokens=12, temperature=1.0, top_p=0.9, seed=3)
    prompts = [
        grounding_messages(vlm.adapter, frames_at(EVEN[:size]), query, within=WITHIN)
        for size, query in ((2, "a dog"), (4, "a dog that jumps over a fence"), (2, "a cat"))
    ]
    alone = [vlm.generate([prompt], drawn)[0].text for prompt in prompts]
    assert [one.text for one in vlm.generate(prompts, drawn)] == alone
    assert [one.text for one in vlm.generate(prompts[::-1], drawn)] == alone[::-1]


def test_no_visual_token_is_ever_sampled(loaded):
    import torch

    from grounder.vlm.dice import OwnDice

    vlm = loaded("qwen3_vl")
    # Sixteen draws: one alone may end at once.
    prompts = [[1, 8, 9 + number] for number in range(16)]
    uniform = OwnDice(prompts, seed=0, temperature=1000.0, top_p=1.0)
    ids = vlm._model.generate(
        torch.tensor(prompts),
        generation_config=vlm._generation_config(100),
        logits_processor=[uniform],
    )
    ids = ids[:, 3:].flatten().tolist()
    assert len(set(ids)) > 100
    assert not set(ids) & set(vlm._visual_tokens())


@pytest.mark.parametrize("max_pixels", [28 * 28, 4 * 28 * 28, 10**6])
def test_frames_cost_no_more_pixels_than_allowed(loaded, max_pixels):
    from grounder.vlm.chat import fit

    fitted = fit(frames_at([0, 1], size=(360, 640)).images, max_pixels=max_pixels, unit=28)
    height, width = fitted.shape[1:3]
    assert height * width <= max_pixels
    assert height % 28 == width % 28 == 0


def test_an_adapter_for_another_family_is_refused(tiny_vlm):
    with pytest.raises(SpecError, match=r"time-r1.*told.*spacing.*qwen3_vl"):
        load_vlm(f"hf:{tiny_vlm('qwen3_vl')}#time-r1")


def test_a_named_adapter_is_used(tiny_vlm):
    vlm = load_vlm(f"hf:{tiny_vlm('qwen2_5_vl')}#timelens-7b")
    assert vlm.adapter is load_adapter("timelens-7b")
    prompt = grounding_messages(vlm.adapter, frames_at(UNEVEN), "a dog", within=WITHIN)
    assert vlm.stamps(prompt) == pytest.approx([0, 0.3, 1.0, 3.2, 3.3, 3.9], abs=0.051)


def test_a_folder_without_a_model_is_refused_with_the_remedy(tmp_path):
    with pytest.raises(ModelError, match=r"Cannot load.*config.json"):
        load_vlm(f"hf:{tmp_path}")


def test_another_architecture_is_refused_with_the_known_ones(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(ModelError, match=r"'bert'.*qwen2_5_vl.*OpenAI-compatible"):
        load_vlm(f"hf:{tmp_path}")


@pytest.mark.parametrize("folder", ["/nonexistent/folder", "./weights", "a/b/c"])
def test_a_folder_that_is_not_there_is_called_so(folder):
    with pytest.raises(ModelError, match=rf"no folder {folder}\..*OWNER/NAME"):
        load_vlm(f"hf:{folder}")


def test_loading_draws_no_bar_where_no_terminal_is(tiny_vlm, capfd):
    from transformers.utils import logging

    load_vlm(f"hf:{tiny_vlm('qwen3_vl')}")
    assert "Loading weights" not in capfd.readouterr().err
    assert logging.is_progress_bar_enabled()
