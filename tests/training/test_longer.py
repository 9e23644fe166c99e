import dataclasses

import numpy as np
import pytest

from grounder.adapters import load_adapter
from grounder.errors import DatasetError, SpecError
from grounder.ground.vlm import shown_times
from grounder.sample import Sample, write_samples
from grounder.span import Span
from grounder.vlm import Clip
from tests.video_factory import colour_video
from training.grpo.rows import prompts_for, rows_of
from training.longer import longer_of
from training.sft.lessons import lesson_of
from training.sft.sources import FileSource
from training.windows import Windows

SECONDS = 31.0
MOMENT = Span(10.0, 14.0)
SAMPLE = Sample("7", "long.mp4", SECONDS, "a blue screen", (MOMENT,), "test")


def few_frames(name):
    """Return an adapter that shows 2 frames a second and no more than 20."""
    adapter = load_adapter(name)
    return dataclasses.replace(adapter, budget=dataclasses.replace(adapter.budget, max_frames=20))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("long")
    scenes = [("red", 10.0), ("blue", 4.0), ("lime", SECONDS - 14.0)]
    colour_video(folder / "long.mp4", scenes, size=(64, 64), rate=10)
    write_samples(folder / "rows.jsonl", [SAMPLE])
    return folder


def trained(folder, adapter):
    """Return what GRPO shows of the long video, and what SFT does."""
    row = rows_of([SAMPLE], adapter=adapter, folder=folder, longer="spread")[0]
    source = FileSource.read(
        folder / "rows.jsonl",
        subjects=("ground",),
        adapter=adapter,
        targets="plain",
        longer="spread",
    )
    lesson = lesson_of(*source[0], adapter=adapter, targets="plain")
    return prompts_for(adapter)(row), lesson.prompt


def clip_of(prompt):
    return next(part for part in prompt[-1].parts if isinstance(part, Clip))


@pytest.mark.parametrize("name", ["qwen2-5-vl", "qwen3-vl"])
def test_a_longer_video_is_refused_unless_the_recipe_spreads_frames(folder, name):
    adapter = few_frames(name)
    with pytest.raises(
        DatasetError, match=r"Row 7: .* 31\.0 s long.* at most 10 s.*longer: spread"
    ):
        rows_of([SAMPLE], adapter=adapter, folder=folder)
    assert rows_of([SAMPLE], adapter=adapter, folder=folder, longer="spread")[0][
        "within"
    ] == pytest.approx([0.0, SECONDS])


@pytest.mark.parametrize("name", ["qwen2-5-vl", "qwen3-vl"])
def test_frames_of_a_longer_video_stand_evenly_all_over_it_with_both_methods(folder, name):
    for prompt in trained(folder, few_frames(name)):
        frames = clip_of(prompt).frames
        assert frames.times == pytest.approx(np.arange(20) * SECONDS / 20)
        blue = frames.images[:, 32, 32, 2] > 200
        assert frames.times[blue].tolist() == [
            time for time in frames.times if MOMENT.start <= time < MOMENT.end
        ]


def test_qwen3_vl_is_told_the_mean_time_of_each_pair_of_spread_frames(folder, tiny_vlm):
    from grounder.vlm import load_vlm

    vlm = load_vlm(f"hf:{tiny_vlm('qwen3_vl')}")
    means = (np.arange(10) * 2 + 0.5) * SECONDS / 20
    for prompt in trained(folder, few_frames("qwen3-vl")):
        assert vlm.stamps(prompt) == pytest.approx(means, abs=0.051)


def test_qwen2_5_vl_is_told_the_wider_spacing_and_its_error_does_not_add_up(folder, tiny_vlm):
    from grounder.vlm import load_vlm

    vlm = load_vlm(f"hf:{tiny_vlm('qwen2_5_vl')}")
    firsts = np.arange(10) * 2 * SECONDS / 20
    step = 0.5  # seconds of one position, which the model rounds down to
    for prompt in trained(folder, few_frames("qwen2-5-vl")):
        told = np.array(vlm.stamps(prompt))
        assert np.all((told <= firsts + 1e-6) & (told > firsts - step))


def test_a_stretch_that_fits_keeps_the_full_frame_rate():
    budget = few_frames("qwen3-vl").budget
    assert shown_times(Span(3.0, 5.0), budget) == pytest.approx([3.0, 3.5, 4.0, 4.5])
    assert shown_times(Span(3.0, 13.0), budget)[-1] == pytest.approx(12.5)
    assert shown_times(Span(3.0, 13.005), budget)[-1] == pytest.approx(12.5)
    assert shown_times(Span(0.0, 40.0), budget) == pytest.approx(np.arange(20) * 2.0)


def test_longer_takes_two_words():
    assert [longer_of({}), longer_of({"longer": "spread"})] == ["refuse", "spread"]
    with pytest.raises(SpecError, match="longer is 'cut'; choose from: refuse, spread"):
        longer_of({"longer": "cut"})


def test_a_window_longer_than_the_frame_rate_allows_is_spread_over_too(folder):
    adapter = few_frames("qwen3-vl")
    [row] = rows_of(
        [SAMPLE], adapter=adapter, folder=folder, windows=Windows(25.0), longer="spread"
    )
    start, end = row["within"]
    assert end - start == pytest.approx(25.0)
    times = clip_of(prompts_for(adapter)(row)).frames.times
    assert times == pytest.approx(start + np.arange(20) * 25.0 / 20)
