import time
from pathlib import Path

import numpy as np
import pytest

from grounder.errors import BackendError
from grounder.video import Frames, Video
from grounder.vlm import Clip, Message, Sampling, Text
from grounder.vlm.scripted import ScriptedVLM
from tests.tiny_encoder import TinyEncoder
from tests.video_factory import colour_video
from training.evaluate import timing
from training.evaluate.timing import Stopwatch, TimedEncoder, TimedVideo, TimedVlm

PICTURES = np.zeros((2, 8, 8, 3), np.uint8)


def test_what_runs_inside_a_stage_counts_for_the_inner_one_alone() -> None:
    watch = Stopwatch()
    with watch.stage("decode"):
        time.sleep(0.02)
        with watch.stage("vision"):
            time.sleep(0.05)
    time.sleep(0.01)
    lap = watch.lap()
    assert 0.02 <= lap.decode < 0.05 <= lap.vision
    assert lap.search >= 0.01
    assert lap.total == pytest.approx(lap.decode + lap.vision + lap.text + lap.search)
    assert watch.lap().vision == 0


def test_an_encoder_counts_pictures_as_vision_and_words_as_text() -> None:
    watch = Stopwatch()
    encoder = TimedEncoder(TinyEncoder(pause=0.03), watch)
    encoder.encode_images(PICTURES)
    encoder.encode_texts(["red"])
    lap = watch.lap()
    assert lap.vision >= 0.03 > lap.text > 0
    assert (encoder.name, encoder.dim) == ("tiny:colours", 16)


@pytest.mark.parametrize("shown", [True, False])
def test_a_model_that_is_shown_nothing_works_on_text(shown: bool) -> None:
    def respond(prompt: object) -> str:
        time.sleep(0.02)
        return "yes"

    watch = Stopwatch()
    frames = Frames(PICTURES, np.array([0.0, 1.0]))
    parts = (Text("is it red?"), *([Clip(frames, 64)] if shown else []))
    TimedVlm(ScriptedVLM(respond), watch).generate([(Message("user", parts),)], Sampling())
    lap = watch.lap()
    assert (lap.vision >= 0.02, lap.text >= 0.02) == (shown, not shown)


def test_a_model_without_memory_for_one_query_fails_for_that_one() -> None:
    from torch import OutOfMemoryError

    def respond(prompt: object) -> str:
        raise errors.pop()

    errors: list[RuntimeError] = [RuntimeError("a bug"), OutOfMemoryError("too long")]
    vlm = TimedVlm(ScriptedVLM(respond), Stopwatch())
    prompt = (Message("user", (Text("?"),)),)
    with pytest.raises(BackendError, match=r"scripted ran out of memory\. Show it less"):
        vlm.generate([prompt], Sampling())
    with pytest.raises(RuntimeError, match="a bug"):
        vlm.generate([prompt], Sampling())


def test_pictures_are_read_once_for_all_queries_until_the_cache_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = colour_video(tmp_path / "a.mp4", [("red", 2.0)], size=(32, 32), rate=10)
    with Video.open(path) as opened:
        video = TimedVideo(opened, Stopwatch())
        first = video.frames([0.5, 1.0], max_side=16)
        assert video.frames([0.5, 1.0], max_side=16) is first
        assert video.frames([0.5, 1.0], max_side=32) is not first
        np.testing.assert_array_equal(first.images, opened.frames([0.5, 1.0], max_side=16).images)
        monkeypatch.setattr(timing, "CACHE_BYTES", 1)
        video.frames([1.5])
        assert video.frames([0.5, 1.0], max_side=16) is not first
