"""The real graph over a real video, with a scripted model in the roles."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent import Answer, Budget, Step, ask, find
from agent.asking import QuestionError
from grounder.errors import BackendError
from grounder.ground import Moment
from grounder.span import Span
from grounder.video import Video
from grounder.vlm import Prompt
from grounder.vlm.scripted import ScriptedVLM
from tests.agent.stage import (
    QUESTION,
    ColourTrack,
    GivenGrounder,
    context_for,
    nodes_of,
    scene_of,
    scripted,
    stop_of,
    sure_of_all,
    vlm_roles,
)


def test_a_question_is_answered_over_the_moment_that_shows_it(film_video: Video) -> None:
    vlm = scripted()
    answer = ask(QUESTION, context_for(film_video, roles=vlm_roles(vlm)))
    assert answer.status == "answered"
    assert answer.text == "From 0:04 to 0:08."
    assert [row.span for row in answer.evidence] == [scene_of("green")]
    assert answer.evidence[0].text == "all green"
    assert answer.confidence == 0.9
    expected = ["plan", "search", "route", "ground", "verify", "route", "answer"]
    assert nodes_of(answer) == expected
    assert stop_of(answer) == "enough evidence"
    assert set(answer.usage.seconds) == set(expected)
    assert answer.models["answerer"] == "scripted"
    assert Answer.from_document(answer.document()).evidence == answer.evidence


def test_the_answer_sees_the_grounded_clip_alone(film_video: Video) -> None:
    vlm = scripted()
    ask(QUESTION, context_for(film_video, roles=vlm_roles(vlm)))
    times = vlm.stamps(vlm.prompts[-1])
    assert len(times) == Budget().answer_frames
    assert 3.5 <= min(times) < max(times) <= 8.5


def test_without_a_model_the_answer_is_a_quote_and_says_so(film_video: Video) -> None:
    track = ColourTrack(lines={"green": "the grass grows"})
    answer = ask(QUESTION, context_for(film_video, track=track))
    assert answer.status == "answered"
    assert answer.text is not None
    assert answer.text.startswith("At 0:04.0-0:08.0: the grass grows")
    assert answer.models["answerer"] == "extractive"
    assert any("does not reason" in warning for warning in answer.warnings)
    assert answer.usage.frames == 0


def test_weak_evidence_makes_the_answer_uncertain(film_video: Video) -> None:
    grounder = GivenGrounder(lambda within: [Moment(within, 0.3)])
    answer = ask(QUESTION, context_for(film_video, grounder=grounder))
    assert answer.status == "uncertain"
    assert answer.evidence
    assert any("below 0.5" in warning for warning in answer.warnings)


def test_find_returns_moments_and_no_answer(film_video: Video) -> None:
    grounder = GivenGrounder(sure_of_all)
    context = context_for(film_video, grounder=grounder)
    answer = find("a green or blue screen", context, k=2)
    assert answer.status == "answered"
    assert answer.text is None
    assert answer.option is None
    assert {row.span for row in answer.evidence} == {scene_of("green"), scene_of("blue")}
    assert [row.rank for row in answer.evidence] == [1, 2]


def test_a_question_about_each_occurrence_looks_at_every_window(film_video: Video) -> None:
    vlm = scripted(plan='{"queries": ["a green screen"], "every": true}')
    grounder = GivenGrounder(sure_of_all)
    context = context_for(film_video, roles=vlm_roles(vlm), grounder=grounder)
    answer = ask("How often does the colour change?", context)
    assert len(grounder.looked_at) == len(answer.evidence) == 4


def test_a_broken_server_is_an_error_and_the_run_can_go_on(
    film_video: Video, tmp_path: Path
) -> None:
    working = scripted()
    calls = 0

    def fail_on_second(prompt: Prompt) -> str:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise BackendError("the server is gone")
        return working.generate([prompt], sampling())[0].text

    vlm = ScriptedVLM(fail_on_second)
    grounder = GivenGrounder(sure_of_all)
    context = context_for(
        film_video, roles=vlm_roles(vlm), grounder=grounder, state_folder=tmp_path
    )
    with pytest.raises(BackendError, match="gone"):
        ask(QUESTION, context)
    answer = ask(QUESTION, context, resume="last")
    assert answer.status == "answered"
    assert len(grounder.looked_at) == 1
    assert nodes_of(answer).count("plan") == 1


def sampling() -> Any:
    from grounder.vlm import Sampling

    return Sampling()


class Recorder:
    """A Watcher that remembers."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str]] = []

    def begins(self, run: str | None, resumed: object) -> None:
        self.events.append(("begins", str(run)))

    def doing(self, node: str, said: str) -> None:
        self.events.append((f"doing {node}", said))

    def did(self, step: Step) -> None:
        self.events.append((f"did {step.node}", step.said))


def test_a_watcher_sees_each_step_before_and_after_it_happens(film_video: Video) -> None:
    watcher = Recorder()
    answer = ask(QUESTION, context_for(film_video), watcher=watcher)
    assert watcher.events[0] == ("begins", "None")
    told = [event for event, _ in watcher.events[1:]]
    assert told == [f"{when} {node}" for node in nodes_of(answer) for when in ("doing", "did")]
    looking = next(said for event, said in watcher.events if event == "doing ground")
    assert "0:04.0-0:08.0" in looking
    assert "green" in looking


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda c: ask("  ", c), "empty"),
        (lambda c: ask("q", c, mode="given-span"), "at least one span"),
        (lambda c: ask("q", c, given=[Span(1, 2)]), "finds its own"),
        (lambda c: ask("q", c, mode="given-span", given=[Span(50, 60)]), "16.0 s long"),
        (lambda c: ask("q", c, mode="sideways"), "No mode"),
        (lambda c: ask("q", c, options=["only"]), "at least two"),
        (lambda c: find(" ", c), "empty"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(
    film_video: Video, call: Callable[[Any], Answer], words: str
) -> None:
    with pytest.raises(QuestionError, match=words):
        call(context_for(film_video))
