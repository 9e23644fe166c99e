"""The demo end to end: the real index and agent on a rendered video, and checks that can fail."""

import json

import pytest

from grounder.adapters import load_adapter
from grounder.cli.main import main
from grounder.span import Span
from grounder.vlm.scripted import ScriptedVLM, prompt_text
from grounder.vlm.vlm import Clip
from scenetg.world import make_world
from training.demo import document, opened, play, questions
from training.nano.shipped import ANSWERER, GROUNDER, MODELS


@pytest.fixture(scope="module")
def world():
    return make_world(22, 90, level="nano")


def witness(world):
    """Return a model that has seen the whole script."""
    known = questions(world)

    def respond(prompt):
        words = prompt_text(prompt)
        asked = next(one for one in known if one.text in words)
        if "search queries" in words:
            return json.dumps({"queries": [asked.text]})
        if words.startswith("When:"):
            return found(asked.truth, prompt)
        if "Does this stretch show" in words:
            return json.dumps({"seen": "yes"})
        letter = "ABCD"[asked.options.index(asked.says)] if asked.options else None
        return json.dumps({"answer": asked.says, "option": letter})

    return ScriptedVLM(respond, adapter=load_adapter("nano"))


def found(truth, prompt):
    """Return the spans inside the window, on its own clock."""
    times = next(part.frames.times for part in prompt[-1].parts if isinstance(part, Clip))
    window = Span(times[0], times[-1] + 1)
    inside = [span.shift(-window.start) for span in truth if window.clip(span) == span]
    return ", ".join(f"{span.start:.1f}-{span.end:.1f}" for span in inside) or "never"


def test_who_has_seen_the_script_is_right_about_everything(world, tmp_path):
    seen = witness(world)
    with opened(tmp_path, world, vlm=seen, grounder=seen) as context:
        checked = play(world, context)
    assert len(checked) == 7
    assert {bool(row.asked.truth) for row in checked} == {True, False}
    assert {bool(row.asked.options) for row in checked if row.asked.says} == {True, False}
    assert [row.right for row in checked] == [True] * 7, checked
    assert all(row.iou is None or row.iou > 0.9 for row in checked)

    def blind(prompt):
        return "never" if prompt_text(prompt).startswith("When:") else "?"

    unseen = ScriptedVLM(blind, adapter=load_adapter("nano"))
    with opened(tmp_path, world, vlm=unseen, grounder=unseen) as context:
        told = document(play(world, context))
    assert told["right"] == sum(not row["truth"] for row in told["checks"]) == 2


@pytest.mark.skipif(
    any(not (MODELS / name / "config.json").is_file() for name in (GROUNDER, ANSWERER)),
    reason="the nano models are not shipped here",
)
def test_the_shipped_models_answer_most_and_what_is_wrong_is_said(tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["demo", "--folder", str(tmp_path), "--length", "60"])
    shown = capsys.readouterr().out
    assert not stop.value.code
    assert shown.count("right") + shown.count("WRONG") >= 7
    assert (tmp_path / "world.mp4").is_file()


def test_without_a_model_the_demo_says_what_to_do(tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["demo", "--models", str(tmp_path)])
    assert stop.value.code == 2
    assert "holds no model. Name a folder that has one with --models" in " ".join(
        capsys.readouterr().err.split()
    )
