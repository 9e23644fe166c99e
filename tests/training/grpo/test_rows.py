import pickle
from pathlib import Path

import numpy as np
import pytest

from grounder.adapters import load_adapter
from grounder.errors import DatasetError
from grounder.ground.vlm import VlmGrounder
from grounder.sample import Sample
from grounder.span import Span
from grounder.video import Video
from grounder.vlm.scripted import ScriptedVLM
from grounder.vlm.vlm import Clip
from tests.video_factory import colour_video
from training.grpo.rows import prompts_for, rows_of
from training.rewards import load_reward

ADAPTER = load_adapter("qwen3-vl")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("videos")
    colour_video(folder / "a.mp4", [("red", 2), ("blue", 3)], size=(64, 64), rate=10)
    return folder


def sample(**changes):
    facts = {
        "id": "1",
        "video": "a.mp4",
        "duration": 5.0,
        "query": "a blue screen",
        "spans": (Span(2.0, 5.0),),
        "source": "test",
    }
    return Sample(**{**facts, **changes})


def test_a_row_holds_what_rewards_and_prompts_need(folder):
    row = rows_of([sample()], adapter=ADAPTER, folder=folder)[0]
    assert row["within"] == pytest.approx([0.0, 5.0])
    assert row["prompt"] == [{"role": "user", "content": "a blue screen"}]
    columns = {name: [row[name]] for name in row}
    assert load_reward("iou", ADAPTER)(["[[2, 5]]"], **columns) == [1.0]
    assert pickle.loads(pickle.dumps(row)) == row


def test_rows_survive_arrow(folder):
    from datasets import Dataset

    rows = rows_of([sample(), sample(id="2", spans=())], adapter=ADAPTER, folder=folder)
    assert Dataset.from_list(rows).to_list() == rows


def test_training_shows_what_serving_shows(folder):
    row = rows_of([sample()], adapter=ADAPTER, folder=folder)[0]
    trained = prompts_for(ADAPTER)(row)
    vlm = ScriptedVLM(lambda prompt: "[]", adapter=ADAPTER)
    with Video.open(folder / "a.mp4") as video:
        VlmGrounder(vlm).ground(video, video.span, row["query"])
    assert len(vlm.prompts[0]) == len(trained)
    for served, taught in zip(vlm.prompts[0], trained, strict=True):
        assert served.role == taught.role
        for left, right in zip(served.parts, taught.parts, strict=True):
            if isinstance(left, Clip):
                assert np.array_equal(left.frames.images, right.frames.images)
                assert np.array_equal(left.frames.times, right.frames.times)
                assert left.max_pixels == right.max_pixels
            else:
                assert left == right


def test_queries_of_one_video_share_its_frames(folder):
    rows = rows_of([sample(), sample(id="2", query="red")], adapter=ADAPTER, folder=folder)
    prompt_of = prompts_for(ADAPTER)
    first, second = (
        (part for part in prompt_of(row)[-1].parts if isinstance(part, Clip)) for row in rows
    )
    assert next(first).frames is next(second).frames


@pytest.mark.parametrize(
    ("samples", "said"),
    [
        ([], "no rows to train on"),
        ([sample(video="b.mp4")], r"Row 1: its video .*b\.mp4 is missing"),
        (
            [sample(duration=9.0, spans=(Span(4.0, 6.0),))],
            r"Row 1: Span\(start=4.0, end=6.0\) lies",
        ),
        ([sample(duration=9.0, spans=(Span(6.0, 7.0),))], "lies outside"),
    ],
)
def test_rows_that_cannot_be_trained_on_are_named(folder, samples, said):
    with pytest.raises(DatasetError, match=said):
        rows_of(samples, adapter=ADAPTER, folder=folder)


def test_a_video_longer_than_the_model_can_be_shown_is_refused(tmp_path: Path):
    colour_video(tmp_path / "a.mp4", [("red", 66)], size=(16, 16), rate=1)
    with pytest.raises(DatasetError, match="the adapter 'tvg-r1' shows at most 64 s"):
        rows_of([sample()], adapter=load_adapter("tvg-r1"), folder=tmp_path)
