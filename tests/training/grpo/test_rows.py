import pickle
from pathlib import Path

import numpy as np
import pytest

from agent.prompts import SYSTEM
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
from training.windows import Windows

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


QUESTION = {
    "task": "qa",
    "question": "Which colour comes second?",
    "options": ("red", "blue"),
    "answer": "blue",
}


VERDICT = {"task": "verify", "answer": "yes"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (QUESTION | {"question": None}, "no question, which a `qa` row needs"),
        (QUESTION | {"answer": None}, "no answer, which a `qa` row needs"),
        (VERDICT | {"spans": ()}, "a `verify` row has one span; it has 0"),
        (VERDICT | {"spans": (Span(0, 1), Span(2, 3))}, "a `verify` row has one span; it has 2"),
        (VERDICT | {"answer": "maybe"}, "a `verify` row has yes or no"),
    ],
)
def test_questions_that_cannot_be_rewarded_are_named(folder, changes, said):
    with pytest.raises(DatasetError, match=f"Row 1 cannot be trained on: .*{said}.*Mend the row"):
        rows_of([sample(**changes)], adapter=ADAPTER, folder=folder)


def test_a_long_video_is_trained_on_in_windows(tmp_path: Path):
    colour_video(tmp_path / "a.mp4", [("red", 66)], size=(16, 16), rate=1)
    adapter = load_adapter("tvg-r1")
    samples = [sample(id=str(number), duration=66.0, spans=(Span(40, 44),)) for number in range(20)]
    rows, again = (
        rows_of(chosen, adapter=adapter, folder=tmp_path, windows=Windows(20.0), seed=3)
        for chosen in (samples, samples[7:])
    )
    shown = [Span(*row["within"]) for row in rows]
    assert all(window.duration == pytest.approx(20.0) for window in shown)
    assert all(window.overlap(Span(40, 44)) == pytest.approx(4.0) for window in shown)
    assert len(set(shown)) > 10
    assert again == rows[7:]  # other rows do not move a window
    frames = next(
        part for part in prompts_for(adapter)(rows[0])[-1].parts if isinstance(part, Clip)
    )
    assert shown[0].start <= frames.frames.times[0]
    assert frames.frames.times[-1] < shown[0].end


def test_what_a_window_does_not_show_is_nowhere(folder):
    rows = rows_of(
        [sample(spans=(Span(0.0, 1.0),))],
        adapter=ADAPTER,
        folder=folder,
        windows=Windows(2.0, absent=1.0),
    )
    assert rows[0]["within"][0] >= 1.0
    columns = {name: [rows[0][name]] for name in rows[0]}
    said = ["not in this video", "[[3, 4]]"]
    words = ADAPTER.reply.nothing or said[0]
    for name, values in {"refusal": [1.0, 0.0], "iou": [None, None]}.items():
        reward = load_reward(name, ADAPTER)
        assert [reward([one], **columns)[0] for one in (words, said[1])] == values


def test_a_moment_longer_than_the_windows_is_named(folder):
    with pytest.raises(DatasetError, match="Row 1: its moments are longer than the windows of 2 s"):
        rows_of([sample()], adapter=ADAPTER, folder=folder, windows=Windows(2.0))


@pytest.mark.parametrize(
    ("questions", "times"),
    [("given-span", (1.4, 5.0)), ("uniform", (0.0, 5.0))],
)
def test_questions_are_asked_as_the_agent_asks_them(folder, questions, times):
    rows = rows_of([sample(**QUESTION)], adapter=ADAPTER, folder=folder)
    prompt = prompts_for(ADAPTER, questions)(rows[0])
    *shown, text = prompt[-1].parts
    assert prompt[0].parts[0].text == SYSTEM
    assert "Which colour comes second?" in text.text
    assert "B. blue" in text.text
    seen = [time for part in shown if isinstance(part, Clip) for time in part.frames.times]
    assert len(seen) == 32
    assert min(seen) == pytest.approx(times[0], abs=0.1)
    assert max(seen) == pytest.approx(times[1], abs=0.2)


def test_a_long_video_can_be_asked_about_whole(tmp_path: Path):
    colour_video(tmp_path / "a.mp4", [("red", 66)], size=(16, 16), rate=1)
    asked = sample(duration=66.0, **QUESTION)
    row = rows_of([asked], adapter=load_adapter("tvg-r1"), folder=tmp_path)[0]
    assert row["within"] == pytest.approx([0.0, 66.0])


def test_each_reward_judges_the_rows_of_its_own_tasks(folder):
    samples = [sample(), sample(id="2", **QUESTION), sample(id="3", **VERDICT)]
    rows = rows_of(samples, adapter=ADAPTER, folder=folder)
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    said = [
        "[[2, 5]]",
        '{"answer": "blue", "option": "B", "citations": [[2, 5]], "enough": true, "confidence": 1.0}',
        '{"seen": "no", "note": "it is red"}',
    ]
    assert load_reward("iou", ADAPTER)(said, **columns) == [1.0, None, None]
    assert load_reward("parse_penalty", ADAPTER)(said, **columns) == [0.0, None, None]
    assert load_reward("qa_correct", ADAPTER)(said, **columns) == [None, 1.0, 0.0]
