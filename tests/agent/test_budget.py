"""The graph shows no more, looks no oftener and takes no longer than it may."""

from itertools import pairwise

import pytest

from agent import Budget, ask
from agent.modes import MODES, Mode
from grounder.video import Video
from grounder.vlm.scripted import num_frames, prompt_text
from tests.agent.stage import (
    QUESTION,
    ColourTrack,
    GivenGrounder,
    blind,
    context_for,
    nodes_of,
    scene_of,
    scripted,
    stop_of,
    sure_of_all,
    vlm_roles,
)


def test_verifier_and_answerer_see_frames_as_far_apart_as_the_budget_says(
    film_video: Video,
) -> None:
    vlm = scripted()
    ask(QUESTION, context_for(film_video, roles=vlm_roles(vlm), budget=Budget(spacing=1.0)))
    _plan, verified, answered = map(vlm.stamps, vlm.prompts)
    assert len(verified) == len(answered) == 4  # of 4.8 s
    assert all(b - a >= 1 for times in (verified, answered) for a, b in pairwise(times))


def test_usage_counts_the_frames_that_models_were_really_shown(film_video: Video) -> None:
    vlm = scripted()
    grounder = GivenGrounder(sure_of_all, frames=11)
    answer = ask(QUESTION, context_for(film_video, roles=vlm_roles(vlm), grounder=grounder))
    assert answer.usage.frames == 11 + sum(num_frames(prompt) for prompt in vlm.prompts)
    assert answer.usage.prompt_tokens > 0


@pytest.mark.parametrize("looks", [1, 2, 3])
def test_the_agent_stops_at_the_look_budget(film_video: Video, looks: int) -> None:
    grounder = GivenGrounder(blind)
    context = context_for(film_video, grounder=grounder, budget=Budget(looks=looks))
    answer = ask(QUESTION, context)
    assert len(grounder.looked_at) == looks
    assert answer.status == "not_found"


@pytest.mark.parametrize("frames", [1, 10, 50, 61, 120])
def test_the_agent_never_shows_more_frames_than_its_budget(film_video: Video, frames: int) -> None:
    vlm = scripted(verify='{"seen": "no"}')
    grounder = GivenGrounder(sure_of_all, frames=20)
    context = context_for(
        film_video,
        roles=vlm_roles(vlm),
        grounder=grounder,
        look_frames=20,
        budget=Budget(frames=frames, window=4.0),
    )
    answer = ask(QUESTION, context)
    shown = 20 * len(grounder.looked_at) + sum(num_frames(prompt) for prompt in vlm.prompts)
    assert answer.usage.frames == shown <= frames
    assert stop_of(answer).startswith("frame budget spent") or len(grounder.looked_at) == 4
    if not grounder.looked_at:
        assert any("windows not looked at" in warning for warning in answer.warnings)


def test_looks_begin_where_a_unit_of_pictures_begins(film_video: Video) -> None:
    grounder = GivenGrounder(blind)
    context = context_for(
        film_video,
        grounder=grounder,
        look_frames=1,
        look_unit=0.8,
        budget=Budget(looks=4, window=3.0),
    )
    ask(QUESTION, context)
    starts = [within.start for within in grounder.looked_at]
    assert len(set(starts)) > 1
    assert starts == pytest.approx([0.8 * round(start / 0.8) for start in starts])
    assert all(within.duration <= 3.0 for within in grounder.looked_at)


def test_the_agent_stops_when_its_seconds_are_spent(film_video: Video) -> None:
    grounder = GivenGrounder(blind)
    answer = ask(QUESTION, context_for(film_video, grounder=grounder, budget=Budget(seconds=0.0)))
    assert grounder.looked_at == []
    assert stop_of(answer).startswith("time budget spent")
    assert answer.status == "not_found"


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_shows_the_same_number_of_frames(film_video: Video, mode: Mode) -> None:
    vlm = scripted(answer='{"answer": "green"}')
    given = [scene_of("green")] if mode == "given-span" else []
    answer = ask(QUESTION, context_for(film_video, roles=vlm_roles(vlm)), mode=mode, given=given)
    assert num_frames(vlm.prompts[-1]) == Budget().answer_frames
    assert answer.mode == mode
    assert answer.status == "answered"
    assert answer.evidence
    searched = "search" in nodes_of(answer)
    assert searched == (mode not in {"uniform", "given-span"})


def test_random_spans_are_reported_as_the_control_they_are(film_video: Video) -> None:
    vlm = scripted(answer='{"answer": "green"}')
    context = context_for(film_video, roles=vlm_roles(vlm))
    rows = [ask(QUESTION, context, mode="random-span", seed=seed).evidence[0] for seed in (1, 1, 2)]
    assert rows[0] == rows[1] != rows[2]
    assert rows[0].score_kind == "control"
    assert rows[0].span.duration == pytest.approx(scene_of("green").duration)


@pytest.mark.parametrize("mode", ["uniform", "grounded", "random-span"])
def test_controls_are_told_the_same_things_as_the_grounded_answer(
    film_video: Video, mode: Mode
) -> None:
    vlm = scripted()
    track = ColourTrack(lines={"red": "one", "green": "two", "blue": "three", "yellow": "four"})
    ask(QUESTION, context_for(film_video, roles=vlm_roles(vlm), track=track), mode=mode)
    asked = prompt_text(vlm.prompts[-1])
    assert "<<<transcript" in asked
    assert " seconds)" in asked
