"""What the graph takes for evidence, and what it leaves out."""

import pytest

from agent import Budget, ask, find
from grounder.ground import Moment
from grounder.span import Span, total_duration
from grounder.video import Video
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


def test_nothing_seen_is_not_found_with_the_closest_moments_and_no_time(film_video: Video) -> None:
    answer = ask(
        "When is the screen purple?", context_for(film_video, grounder=GivenGrounder(blind))
    )
    assert answer.status == "not_found"
    assert answer.text is None
    assert answer.evidence == ()
    assert answer.closest
    assert answer.document()["status"] == "not_found"


def test_moments_under_the_threshold_are_closest_but_no_evidence(film_video: Video) -> None:
    grounder = GivenGrounder(lambda within: [Moment(within, 0.1)])
    answer = ask(QUESTION, context_for(film_video, grounder=grounder))
    assert answer.status == "not_found"
    assert answer.closest[0].span == scene_of("green")
    assert answer.closest[0].score == 0.1


@pytest.mark.parametrize(
    ("strength", "status"), [(0.9, "answered"), (0.55, "uncertain"), (0.4, "not_found")]
)
def test_with_the_index_alone_presence_and_place_decide(
    film_video: Video, strength: float, status: str
) -> None:
    grounder = GivenGrounder(sure_of_all, score_kind="retrieval_probability")
    track = ColourTrack(strength=strength, place=0.85)
    answer = ask(QUESTION, context_for(film_video, track=track, grounder=grounder))
    assert answer.status == status
    assert answer.presence == pytest.approx(strength)
    assert answer.document()["presence"] == pytest.approx(strength)
    if status != "not_found":
        assert answer.evidence[0].score == answer.confidence == pytest.approx(0.85 * strength)
    if status != "answered":
        assert any(f"{strength:.2f}" in warning for warning in answer.warnings)


def test_in_one_look_the_index_shares_the_chance_of_the_window_out(film_video: Video) -> None:
    grounder = GivenGrounder(
        lambda within: (
            [Moment(Span(4, 5), 0.1), Moment(Span(6, 7), 0.2)] if within.start == 4 else []
        ),
        score_kind="retrieval_probability",
    )
    answer = find("green", context_for(film_video, grounder=grounder), k=2)
    scores = {row.span.start: row.score for row in answer.evidence}
    assert scores == {4: pytest.approx(0.45), 6: pytest.approx(0.9)}


@pytest.mark.parametrize("confidence", [0.2, 0.95])
def test_what_a_model_says_is_its_own_score(film_video: Video, confidence: float) -> None:
    grounder = GivenGrounder(lambda within: [Moment(within, confidence)])
    answer = find("green", context_for(film_video, grounder=grounder), k=1)
    assert answer.evidence[0].score == confidence


def test_a_model_that_saw_it_is_not_overruled_by_the_index(film_video: Video) -> None:
    context = context_for(film_video, track=ColourTrack(strength=0.1), roles=vlm_roles(scripted()))
    answer = ask(QUESTION, context)
    assert answer.status == "answered"
    assert answer.presence == pytest.approx(0.1)


def test_what_the_verifier_does_not_see_is_no_evidence(film_video: Video) -> None:
    vlm = scripted(verify='{"seen": "no", "note": "all blue"}')
    answer = ask(QUESTION, context_for(film_video, roles=vlm_roles(vlm)))
    assert answer.status == "not_found"
    assert nodes_of(answer).count("ground") == len(answer.closest) == 4
    assert stop_of(answer) == "every window was looked at"


@pytest.mark.parametrize(("weak", "named"), [(0.3, 1), (0.6, 3)])
def test_an_answer_names_no_moments_far_weaker_than_the_best(
    film_video: Video, weak: float, named: int
) -> None:
    grounder = GivenGrounder(lambda within: [Moment(within, 0.96 if within.start == 4 else weak)])
    context = context_for(film_video, grounder=grounder)
    answer = ask(QUESTION, context)
    assert len(answer.evidence) == named
    assert ("Also at" in (answer.text or "")) == (named > 1)
    assert len(find("green", context, k=3).evidence) == 3


@pytest.mark.parametrize("window", [60.0, 16.0, 10.0, 6.0])
def test_a_model_looks_at_windows_of_full_length_and_leaves_nothing_found_out(
    film_video: Video, window: float
) -> None:
    grounder = GivenGrounder(blind)
    budget = Budget(window=window)
    answer = ask(QUESTION, context_for(film_video, grounder=grounder, look_frames=1, budget=budget))
    assert stop_of(answer) == "every window was looked at"
    assert {span.duration for span in grounder.looked_at} == {min(window, 16.0)}
    assert total_duration(grounder.looked_at) == 16.0


def test_the_same_moment_from_two_windows_is_one_piece_of_evidence(film_video: Video) -> None:
    grounder = GivenGrounder(lambda within: [Moment(Span(3.0, 9.0), 0.9)])
    answer = ask(QUESTION, context_for(film_video, grounder=grounder))
    assert len(answer.evidence) == 1
