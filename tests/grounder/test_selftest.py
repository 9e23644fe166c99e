import dataclasses

import pytest

from grounder.adapters import adapter_names, load_adapter
from grounder.selftest import check_stamps
from grounder.vlm import Clip, load_vlm
from grounder.vlm.hf import HfVLM
from grounder.vlm.scripted import ScriptedVLM

FITTING = {
    "qwen2_vl": ["unitime"],
    "qwen2_5_vl": ["qwen2-5-vl", "time-r1", "timelens-7b", "museg", "plain"],
    "qwen3_vl": ["qwen3-vl", "timelens-8b", "timelens2", "onethinker", "plain"],
}


@pytest.mark.parametrize("architecture", FITTING)
def test_every_local_family_is_told_the_truth(tiny_vlm, architecture):
    for name in FITTING[architecture]:
        report = check_stamps(load_vlm(f"hf:{tiny_vlm(architecture)}#{name}"))
        assert report.passed, report.problems
        assert report.adapter == name


@pytest.mark.parametrize("name", adapter_names())
def test_a_request_to_a_server_tells_the_truth_under_every_adapter(name):
    report = check_stamps(load_vlm(f"openai:any@http://127.0.0.1:9/v1#{name}"))
    assert report.passed, report.problems
    assert [check.name for check in report.checks] == ["even", "uneven"]


@pytest.mark.parametrize("name", adapter_names())
def test_the_scripted_model_passes_under_every_adapter(name):
    report = check_stamps(ScriptedVLM(lambda prompt: "", adapter=load_adapter(name)))
    assert report.passed, report.problems


class LosesMetadata(HfVLM):
    """What goes wrong in the field: frames without their rate, so that 24 per second are assumed."""

    def _inputs(self, chats):
        for chat in chats:
            for facts, clip in zip(chat.facts, chat.clips, strict=True):
                count = len(clip)
                facts.update(fps=24.0, frames_indices=list(range(count)), total_num_frames=count)
        return super()._inputs(chats)


class ReversesPixels(HfVLM):
    def _inputs(self, chats):
        for chat in chats:
            chat.clips = [clip[::-1].copy() for clip in chat.clips]
        return super()._inputs(chats)


class DropsFrames(HfVLM):
    def _inputs(self, chats):
        for chat in chats:
            chat.clips = [clip[::2].copy() for clip in chat.clips]
            for facts in chat.facts:
                facts["frames_indices"] = facts["frames_indices"][::2]
        return super()._inputs(chats)


class ForgetsTheOffset(HfVLM):
    """Tells whole-video seconds to a model whose clock starts with the window."""

    def stamps(self, prompt):
        told = [
            dataclasses.replace(part, clock_start=0.0) if isinstance(part, Clip) else part
            for part in prompt[-1].parts
        ]
        return super().stamps((dataclasses.replace(prompt[-1], parts=tuple(told)),))


@pytest.mark.parametrize(
    ("broken", "architecture", "words"),
    [
        (LosesMetadata, "qwen2_5_vl", "a time is wrong"),
        (LosesMetadata, "qwen3_vl", "a time is wrong"),
        (ReversesPixels, "qwen2_5_vl", "pixels do not stand under their own times"),
        (ReversesPixels, "qwen3_vl", "pixels do not stand under their own times"),
        (DropsFrames, "qwen2_5_vl", "times told for"),
        (DropsFrames, "qwen3_vl", "times told for"),
        (ForgetsTheOffset, "qwen3_vl", "a time is wrong by 37"),
    ],
)
def test_a_broken_backend_is_found_out(tiny_vlm, broken, architecture, words):
    report = check_stamps(broken.load(str(tiny_vlm(architecture)), name="broken"))
    assert not report.passed
    assert any(words in problem for problem in report.problems), report.problems
