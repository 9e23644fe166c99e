"""The demo end to end: the models that come along, the real index and agent, and checks that can fail."""

import json
import shlex

import pytest

from grounder.adapters import load_adapter
from grounder.cli.main import main
from grounder.span import Span
from grounder.vlm.scripted import ScriptedVLM, prompt_text
from grounder.vlm.vlm import Clip
from scenetg.world import make_world
from training.demo import NANO, document, opened, play
from training.nano.quiz import questions


@pytest.fixture(scope="module")
def world():
    return make_world(22, 90, level="nano")


def witness(world):
    """Return a model that has seen the whole script."""
    known = questions(world)

    def respond(prompt):
        words = prompt_text(prompt)
        truth = next((one.truth for one in known if one.text in words), ())
        return found(truth, prompt)

    return ScriptedVLM(respond, adapter=load_adapter("nano"))


def found(truth, prompt):
    """Return the spans inside the window, on its own clock."""
    times = next(part.frames.times for part in prompt[-1].parts if isinstance(part, Clip))
    window = Span(times[0], times[-1] + 1)
    inside = [span.shift(-window.start) for span in truth if window.clip(span) == span]
    return ", ".join(f"{span.start:.1f}-{span.end:.1f}" for span in inside) or "never"


def test_who_has_seen_the_script_finds_everything_and_who_is_blind_nothing(world, tmp_path):
    seen = witness(world)
    with opened(tmp_path, world, grounder=seen) as context:
        checked = play(world, context)
    assert len(checked) == 6
    assert {bool(row.asked.truth) for row in checked} == {True, False}
    # What is said to a question is the encoder's choice among the options, and no matter of this test.
    assert all(row.right for row in checked if not row.asked.options), checked
    assert all(row.iou > 0.9 for row in checked if row.asked.truth and not row.asked.options)

    def blind(prompt):
        return "never" if prompt_text(prompt).startswith("When:") else "?"

    unseen = ScriptedVLM(blind, adapter=load_adapter("nano"))
    with opened(tmp_path, world, grounder=unseen) as context:
        told = document(play(world, context))
    assert told["right"] == sum(not row["truth"] for row in told["checks"]) == 2


def test_the_models_that_come_along_answer_rightly(tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["demo", "--json", "--folder", str(tmp_path), "--length", "180"])
    told = json.loads(capsys.readouterr().out)
    assert not stop.value.code, told
    assert told["right"] == len(told["checks"]) == 6
    statuses = [row["answer"]["status"] for row in told["checks"]]
    assert {"answered", "not_found"} <= set(statuses)
    assert (tmp_path / "world.mp4").is_file()


def test_the_command_it_tells_asks_the_same_video(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["demo", "--folder", str(tmp_path), "--length", "60"])
    told = capsys.readouterr().err
    words = shlex.split(told[told.index("Ask it yourself:") :].partition(":")[2])
    assert words.pop(0) == "whenwhat"
    with pytest.raises(SystemExit) as stop:
        main([*words, "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert stop.value.code in {0, 3, None}, answer
    assert answer["models"]["answerer"] == f"hf:{NANO / 'answerer'}#nano"


def test_without_a_model_it_says_what_to_do(tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["demo", "--grounder", str(tmp_path)])
    assert stop.value.code == 2
    assert "holds no model. Name a folder that has one" in capsys.readouterr().err.replace(
        "\n", " "
    )
