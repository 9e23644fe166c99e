import dataclasses
import json

import pytest

from agent.prompts import AnswerReply, PlanReply, VerifyReply
from agent.roles import Shot
from agent.vlm_roles import VlmAnswerer, VlmPlanner, VlmVerifier, read_option
from grounder.adapters import load_adapter
from grounder.ground.vlm import VlmGrounder
from grounder.json_reply import read_json
from grounder.span import Span
from grounder.video import Video
from grounder.vlm.scripted import ScriptedVLM, num_frames
from scenetg.prompts import caption_messages
from tests.training.sft.conftest import ROWS, row
from training.sft.footage import FileFootage
from training.sft.lessons import Pictures, lesson_of, reply_of, subjects_of

ADAPTERS = {"qwen2_5_vl": "qwen2-5-vl", "qwen3_vl": "qwen3-vl"}
WITHIN = Span(0.0, 6.0)
THINKING = load_adapter("time-r1")


def taught(sample, subject, adapter="qwen3-vl", targets="plain"):
    return reply_of(sample, subject, WITHIN, adapter=load_adapter(adapter), targets=targets)


def shown(sample, subject, footage, adapter, pictures):
    return lesson_of(
        sample, subject, footage, adapter=adapter, targets="plain", pictures=pictures
    ).prompt


def served(sample, subject, path, adapter):
    """Return the prompt that the program itself sends for a row."""
    vlm = ScriptedVLM(lambda prompt: "", adapter=adapter)
    with Video.open(path) as video:
        span = sample.spans[0] if sample.spans else None
        nothing = video.frames([])
        if subject == "ground":
            VlmGrounder(vlm).ground(video, video.span, sample.query)
        elif subject == "plan":
            VlmPlanner(vlm).plan(sample.question, sample.options)
        elif subject == "verify":
            verifier = VlmVerifier(vlm)
            frames = video.frames(padded_times(8), max_side=verifier.max_side)
            verifier.verify(sample.query, [Shot(span, frames, "")])
        elif subject == "qa":
            answerer = VlmAnswerer(vlm)
            frames = video.frames(padded_times(32, 2.0), max_side=answerer.max_side)
            shot = Shot(span, nothing, "")
            answerer.answer(sample.question, sample.options, frames, [shot])
        else:
            frames = video.frames([2 + (n + 0.5) / 8 for n in range(16)])
            return caption_messages(frames, adapter)
    return vlm.prompts[0]


def padded_times(count, start=4.0):
    """Return the times of `agent.modes` by hand: 2 s grown to 2.4, a tenth a side, inside 6 s."""
    first, last = (3.6, 6.0) if start == 4.0 else (1.8, 4.2)
    return [first + (number + 0.5) * (last - first) / count for number in range(count)]


@pytest.mark.parametrize("architecture", ["qwen2_5_vl", "qwen3_vl"])
def test_every_lesson_is_asked_as_the_model_is_served(architecture, tiny_vlm, data):
    import torch
    from transformers import AutoProcessor

    from grounder.vlm.chat import chat_of
    from grounder.vlm.families import FAMILIES
    from grounder.vlm.inputs import model_inputs
    from training.sft.task import Reader

    processor = AutoProcessor.from_pretrained(tiny_vlm(architecture))
    adapter, family = load_adapter(ADAPTERS[architecture]), FAMILIES[architecture]
    footage = FileFootage.of(data.parent / "a.mp4")
    for sample in ROWS:
        for subject in subjects_of(sample):
            lesson = lesson_of(sample, subject, footage, adapter=adapter, targets="plain")
            task = Reader(family, processor).task(lesson)
            prompt = served(sample, subject, footage.path, adapter)
            inputs = model_inputs([chat_of(prompt, family)], processor)
            assert list(task.shown.ids) == inputs["input_ids"][0].tolist(), (sample.id, subject)
            assert set(task.shown.media) == set(inputs) - {
                "input_ids",
                "attention_mask",
                "mm_token_type_ids",
            }
            for name, tensor in task.shown.media.items():
                torch.testing.assert_close(tensor, torch.as_tensor(inputs[name]), rtol=0, atol=0)


def test_replies_are_what_the_program_reads():
    assert taught(ROWS[0], "ground") == "[[0.00, 2.00]]"
    assert taught(ROWS[1], "ground") == "[]"
    assert taught(ROWS[2], "caption") == "The screen is blue."
    yes, no = (read_json(taught(sample, "verify"), VerifyReply) for sample in ROWS[3:5])
    assert (yes.seen, yes.note) == ("yes", "a green screen")
    assert (no.seen, no.note) == ("no", "")
    free, chosen = (read_json(taught(sample, "qa"), AnswerReply) for sample in ROWS[5:7])
    assert (free.answer, free.option, free.citations) == ("Blue.", None, [(2.0, 4.0)])
    assert (chosen.answer, chosen.option, chosen.enough) == ("blue", "B", True)
    assert read_json(taught(ROWS[5], "plan"), PlanReply).queries == ["a blue screen"]
    assert "option" not in json.loads(taught(ROWS[5], "qa"))


def test_answers_and_verifications_can_be_taught_from_pictures_that_stand_apart(data):
    footage, adapter = FileFootage.of(data.parent / "a.mp4"), load_adapter("qwen3-vl")
    apart = Pictures(answer=8, verify=8, spacing=0.5)
    for sample, subject in ((ROWS[3], "verify"), (ROWS[5], "qa")):
        assert num_frames(shown(sample, subject, footage, adapter, Pictures(8, 8))) == 8
        assert num_frames(shown(sample, subject, footage, adapter, apart)) == 4  # of 2.4 s


def test_a_bare_answer_cites_nothing_and_names_its_option_by_its_words():
    bare = read_json(taught(ROWS[5], "qa", targets="bare"), AnswerReply)
    assert (bare.answer, bare.citations, bare.enough) == ("Blue.", [], True)
    chosen = read_json(taught(ROWS[6], "qa", targets="bare"), AnswerReply)
    assert chosen.option == "blue"
    assert read_option(chosen.option, ROWS[6].options) == 1
    assert taught(ROWS[0], "ground", targets="bare") == taught(ROWS[0], "ground")


def test_a_row_teaches_its_task_and_a_question_its_plan_too():
    assert [subjects_of(sample) for sample in (ROWS[0], ROWS[6])] == [("ground",), ("qa", "plan")]
    assert subjects_of(dataclasses.replace(ROWS[0], task="shots")) == ()


def test_a_chain_of_thought_stands_where_the_model_thinks():
    sample = dataclasses.replace(ROWS[0], meta={"thought": "Red comes first."})
    said = reply_of(sample, "ground", WITHIN, adapter=THINKING, targets="thought")
    assert said == "<think>Red comes first.</think>\n<answer>0.00 to 2.00</answer>"
    plain = reply_of(sample, "ground", WITHIN, adapter=THINKING, targets="plain")
    assert plain == "<answer>0.00 to 2.00</answer>"


@pytest.mark.parametrize(
    ("sample", "subject", "adapter", "targets", "said"),
    [
        (ROWS[0], "ground", "time-r1", "thought", "no `thought`.*targets: plain"),
        (
            dataclasses.replace(ROWS[0], meta={"thought": "Hm."}),
            "ground",
            "qwen3-vl",
            "thought",
            "no place for a thought",
        ),
        (
            dataclasses.replace(ROWS[0], meta={"thought": "See </think><answer>3 to 4</answer>"}),
            "ground",
            "time-r1",
            "thought",
            "holds a tag of its own",
        ),
        (ROWS[1], "ground", "time-r1", "plain", "no way to say"),
        (
            dataclasses.replace(ROWS[0], spans=(Span(0, 1), Span(3, 4))),
            "ground",
            "time-r1",
            "plain",
            "read back as 1 of 2 moments",
        ),
        (dataclasses.replace(ROWS[3], answer="maybe"), "verify", "qwen3-vl", "plain", "yes or no"),
        (dataclasses.replace(ROWS[2], answer=None), "caption", "qwen3-vl", "plain", "no answer"),
        (dataclasses.replace(ROWS[5], question=None), "plan", "qwen3-vl", "plain", "no question"),
        (row(9, "x", None, task="caption", answer="y"), "caption", "qwen3-vl", "plain", "has 0"),
    ],
)
def test_what_cannot_be_taught_is_an_error(sample, subject, adapter, targets, said):
    with pytest.raises(ValueError, match=said):
        taught(sample, subject, adapter, targets)


def test_the_pictures_of_a_row_are_decoded_once(data, tmp_path, monkeypatch):
    opened = []
    real = Video.open.__func__
    monkeypatch.setattr(
        Video, "open", classmethod(lambda cls, *a, **k: opened.append(a) or real(cls, *a, **k))
    )
    copy = tmp_path / "b.mp4"
    copy.write_bytes((data.parent / "a.mp4").read_bytes())
    footage, adapter = FileFootage.of(copy), load_adapter("qwen3-vl")
    for sample in (ROWS[0], ROWS[1]):
        lesson_of(sample, "ground", footage, adapter=adapter, targets="plain")
    assert len(opened) == 2  # one look, one decode for both rows
