import subprocess
import sys

import pytest

from grounder.adapters import load_adapter
from grounder.errors import SpecError
from grounder.prompt import clip_messages
from grounder.vlm import Message, Sampling, Text, load_vlm
from grounder.vlm.scripted import ScriptedVLM

ASK = (Message("user", (Text("where is the red door?"),)),)


@pytest.mark.parametrize(
    "spec",
    [
        "",
        "hf:",
        "vllm:",
        "gpt-9",
        "openai:model",
        "openai:@http://x/v1",
        "openai:m@ftp://x",
        "hf:#plain",
    ],
)
def test_a_spec_that_names_nothing_is_refused_with_the_forms(spec):
    with pytest.raises(SpecError, match=r"openai:MODEL@http"):
        load_vlm(spec)


def test_an_adapter_that_does_not_exist_is_refused_before_anything_is_loaded():
    with pytest.raises(SpecError, match="No adapter is called 'nope'"):
        load_vlm("hf:/nowhere#nope")


def test_a_spec_may_name_its_adapter():
    assert load_vlm("scripted#timelens2").adapter is load_adapter("timelens2")


def test_naming_a_server_loads_no_heavy_library():
    code = (
        "import sys; from grounder.vlm import load_vlm; load_vlm('openai:m@http://127.0.0.1:9/v1');"
        "assert not {'torch', 'transformers', 'vllm', 'av'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_scripted_answers_come_from_a_file(tmp_path):
    script = tmp_path / "answers.jsonl"
    script.write_text(
        '{"when": "red door", "reply": "[[1, 2]]"}\n{"when": "", "reply": "no idea"}\n'
    )
    vlm = load_vlm(f"scripted:{script}")
    other = (Message("user", (Text("else"),)),)
    assert [c.text for c in vlm.generate([ASK, other], Sampling())] == ["[[1, 2]]", "no idea"]
    assert vlm.prompts == [ASK, other]


@pytest.mark.parametrize("text", ["nonsense", '{"when": "x"}', "[1]"])
def test_a_broken_script_is_refused_with_the_form_of_a_line(tmp_path, text):
    script = tmp_path / "answers.jsonl"
    script.write_text(text)
    with pytest.raises(SpecError, match='"when"'):
        load_vlm(f"scripted:{script}")


def test_a_missing_script_is_refused(tmp_path):
    with pytest.raises(SpecError, match="Cannot read"):
        load_vlm(f"scripted:{tmp_path / 'none.jsonl'}")


def test_a_scripted_reply_counts_what_it_cost():
    vlm = ScriptedVLM(lambda prompt: "one two three")
    completion = vlm.generate([ASK], Sampling(max_tokens=2))[0]
    assert (completion.prompt_tokens, completion.completion_tokens, completion.frames) == (5, 3, 0)
    assert not completion.finished


def test_an_empty_system_text_makes_no_turn():
    import numpy as np

    from grounder.video.frames import Frames

    frames = Frames(np.zeros((1, 8, 8, 3), np.uint8), np.array([1.0]))
    assert [m.role for m in clip_messages("", "x", frames, load_adapter("plain"))] == ["user"]
