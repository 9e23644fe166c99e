import json
from dataclasses import replace
from pathlib import Path

import pytest

from grounder.ground import Grounding, Moment
from grounder.ground.vlm import VlmGrounder, window_frames
from grounder.prompt import grounding_messages
from grounder.span import Span
from grounder.video import Video
from grounder.vlm import Text
from grounder.vlm.scripted import prompt_text
from scenetg.candidate import Candidate, Outcome
from scenetg.context import Context
from scenetg.queries.describe import describe
from scenetg.queries.phrase import phrase
from scenetg.queries.questions import questions
from scenetg.queries.refusals import refusals
from scenetg.queries.roundtrip import roundtrip
from scenetg.queries.uniqueness import uniqueness
from scenetg.settings import Questions, Refusals, Roundtrip, Settings, Uniqueness
from scenetg.visual.finding import Similarity
from scenetg.visual.look import Look
from tests.scenetg.queries.stage import ColourEncoder, Seer, candidates_of, context_of, film

COLOURS = ("red", "lime", "blue", "red", "yellow")


@pytest.fixture(scope="module")
def look(tmp_path_factory: pytest.TempPathFactory) -> Look:
    return film(tmp_path_factory.mktemp("films"), *COLOURS)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Look:
    return film(tmp_path_factory.mktemp("films"), "magenta", "blue", "cyan")


def reasons(outcome: Outcome) -> list[str]:
    return [one.rejection.reason for one in outcome.rejected]


def phrased(context: Context, look: Look) -> tuple[Candidate, ...]:
    return phrase(describe(candidates_of(look), context).kept, context).kept


def unique(context: Context, look: Look) -> tuple[Candidate, ...]:
    return uniqueness(phrased(context, look), context).kept


def test_a_description_is_made_of_the_pictures_of_the_stretch_alone(
    look: Look, tmp_path: Path
) -> None:
    vlm = Seer()
    kept = describe(candidates_of(look), context_of(tmp_path, look, vlm=vlm)).kept
    assert [one.caption for one in kept] == [
        f"A wall in plain {colour} fills the picture." for colour in COLOURS
    ]
    for prompt in vlm.prompts:
        times = [p.frames.times for m in prompt for p in m.parts if not isinstance(p, Text)]
        # Where in the video a clip lies must not be told.
        assert times[0][0] == 0
        assert times[-1][-1] < 4


def test_a_model_that_will_not_describe_is_a_reason_with_its_words(
    look: Look, tmp_path: Path
) -> None:
    vlm = Seer(lambda words, colours: "I'm sorry, I can't." if "blue" in colours else None)
    outcome = describe(candidates_of(look), context_of(tmp_path, look, vlm=vlm))
    assert len(outcome.kept) == 4
    [rejected] = outcome.rejected
    assert rejected.rejection.reason == "unreadable reply"
    assert "I'm sorry" in rejected.rejection.detail
    assert rejected.candidate.scene == 2


def test_the_writer_of_queries_sees_words_and_no_pictures(look: Look, tmp_path: Path) -> None:
    vlm = Seer()
    kept = phrased(context_of(tmp_path, look, vlm=vlm), look)
    assert [one.query for one in kept] == [f"a {colour} wall is shown" for colour in COLOURS]
    assert all(one.spans == (one.span,) and one.filters["rating"] == 5 for one in kept)
    asked = vlm.asked("Write the query")
    # The two red scenes are described alike, and nothing is asked twice.
    assert len(asked) == 4
    assert all(isinstance(part, Text) for prompt in asked for m in prompt for part in m.parts)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ({"query": "a red wall is shown at the beginning", "rating": 5}, "tells its place in the video"),
        ({"query": "a red wall is shown", "rating": 2}, "rated low by its writer"),
        ({"query": "a wall", "rating": 5}, "query too short"),
        ({"query": "a red wall is shown", "rating": 9}, "unreadable reply"),
    ],
)  # fmt: skip
def test_a_query_that_breaks_a_rule_is_rejected_with_the_rule(
    look: Look, tmp_path: Path, reply: object, reason: str
) -> None:
    vlm = Seer(lambda words, _: json.dumps(reply) if "Write the query" in words else None)
    context = context_of(tmp_path, look, vlm=vlm)
    outcome = phrase(describe(candidates_of(look)[:1], context).kept, context)
    assert reasons(outcome) == [reason]


def test_a_query_that_fits_two_places_gets_both(look: Look, tmp_path: Path) -> None:
    kept = unique(context_of(tmp_path, look), look)
    assert [one.spans for one in kept] == [
        (Span(0, 4), Span(12, 16)),
        (Span(4, 8),),
        (Span(8, 12),),
        (Span(16, 20),),
    ]
    assert kept[0].filters["places"] == 2
    assert kept[1].filters["unique_votes"] == 3
    assert kept[1].filters["margin"] > 0.5


def test_the_second_of_two_rows_that_ask_the_same_is_left_out(look: Look, tmp_path: Path) -> None:
    context = context_of(tmp_path, look)
    outcome = uniqueness(phrased(context, look), context)
    assert [(r.candidate.scene, r.rejection.reason) for r in outcome.rejected] == [
        (3, "asked before")
    ]


@pytest.mark.parametrize("off", ["retrieval", "captions", "looking"])
def test_each_vote_can_be_turned_off(look: Look, tmp_path: Path, off: str) -> None:
    settings = Settings(uniqueness=replace(Uniqueness(votes=2), **{off: False}))
    vlm = Seer()
    context = context_of(tmp_path, look, vlm=vlm, settings=settings)
    rows = phrased(context, look)
    outcome = uniqueness(rows, context)
    assert {one.scene for one in outcome.kept} >= {1, 2, 4}
    assert (vlm.asked("Each numbered line") == []) == (off == "captions")
    assert (vlm.asked("Do these frames show") == []) == (off == "looking")
    if off != "retrieval":
        # Nothing can be confirmed by one of the two alone.
        assert "fits another place" in reasons(outcome)
        assert all(len(one.spans) == 1 for one in outcome.kept)


def test_a_query_that_its_own_place_does_not_show_is_rejected(look: Look, tmp_path: Path) -> None:
    def says(words: str, colours: list[str]) -> str | None:
        if "Write the query" in words and "lime" in words:
            return json.dumps({"query": "a black wall is shown", "rating": 5})
        return None

    context = context_of(tmp_path, look, vlm=Seer(says))
    outcome = uniqueness(phrased(context, look), context)
    assert [(r.candidate.scene, r.rejection.reason) for r in outcome.rejected] == [
        (1, "not seen in its own place"),
        (3, "asked before"),
    ]


def test_the_captions_are_listed_in_order_of_time_whoever_asks(look: Look, tmp_path: Path) -> None:
    vlm = Seer()
    unique(context_of(tmp_path, look, vlm=vlm), look)
    lists = {prompt_text(p).partition("Each numbered line")[0] for p in vlm.asked("Each numbered")}
    # The own caption must not be told by its place in the list.
    assert len(lists) == 1


def test_scenes_that_are_no_candidates_are_described_for_the_vote(
    look: Look, tmp_path: Path
) -> None:
    vlm = Seer()
    context = context_of(tmp_path, look, vlm=vlm)
    first = phrase(describe(candidates_of(look)[:1], context).kept, context).kept
    assert len(vlm.asked("Describe what happens")) == 1
    [kept] = uniqueness(first, context).kept
    assert kept.spans == (Span(0, 4), Span(12, 16))
    # The other red scene has the same pictures: it was asked before.
    assert len(vlm.asked("Describe what happens")) == 4


def test_more_captions_than_one_request_takes_are_read_in_pages(look: Look, tmp_path: Path) -> None:
    paged = Settings(uniqueness=Uniqueness(captions_at_once=2))
    vlm = Seer()
    whole = unique(context_of(tmp_path / "a", look), look)
    assert unique(context_of(tmp_path / "b", look, vlm=vlm, settings=paged), look) == whole
    assert len(vlm.asked("Each numbered line")) == 4 * 3


def test_an_event_inside_a_scene_is_held_against_its_siblings_and_not_its_scene(
    look: Look, tmp_path: Path
) -> None:
    scenes = candidates_of(look)
    events = [
        replace(scenes[1], id=f"{scenes[1].id}-e{n}", span=span, kind="event")
        for n, span in enumerate([Span(4, 5.5), Span(6.5, 8)])
    ]
    context = context_of(tmp_path, look)
    outcome = uniqueness(phrase(describe(events, context).kept, context).kept, context)
    # Both show the same, so they are two places of one query.
    assert [one.spans for one in outcome.kept] == [(Span(4, 5.5), Span(6.5, 8))]
    assert reasons(outcome) == ["asked before"]


def test_a_grounder_that_finds_every_place_makes_an_easy_row(look: Look, tmp_path: Path) -> None:
    vlm = Seer()
    context = context_of(tmp_path, look, vlm=vlm, grounder=VlmGrounder(vlm))
    rows = unique(context, look)
    outcome = roundtrip(rows, context)
    assert [one.difficulty for one in outcome.kept] == [100] * 4
    assert outcome.kept[0].rollouts is not None
    assert outcome.kept[0].rollouts.count == Settings().roundtrip.rollouts


def test_the_encoder_alone_can_look_for_a_query_again(look: Look, tmp_path: Path) -> None:
    vlm = Seer()
    context = context_of(tmp_path, look, vlm=vlm, grounder=Similarity(ColourEncoder()))
    rows = unique(context, look)
    asked = len(vlm.prompts)
    outcome = roundtrip(rows, context)
    assert [one.difficulty for one in outcome.kept] == [100] * 4
    assert {one.rollouts and one.rollouts.count for one in outcome.kept} == {1}
    assert len(vlm.prompts) == asked


def test_a_video_longer_than_the_grounder_can_see_is_shown_in_windows(
    look: Look, tmp_path: Path
) -> None:
    vlm = Seer()
    adapter = replace(vlm.adapter, budget=replace(vlm.adapter.budget, max_frames=10))
    settings = Settings(roundtrip=Roundtrip(rollouts=1))
    context = context_of(
        tmp_path, look, vlm=vlm, settings=settings, grounder=VlmGrounder(vlm, adapter)
    )
    rows = unique(context, look)
    vlm.prompts.clear()
    outcome = roundtrip(rows, context)
    assert [one.difficulty for one in outcome.kept] == [100] * 4
    # 20 s in windows of 10 s that overlap by at least 2 s.
    assert len(vlm.prompts) == 3 * len(rows)


def test_tries_that_differ_have_a_mean_and_a_deviation(look: Look, tmp_path: Path) -> None:
    calls = []

    def says(words: str, colours: list[str]) -> str | None:
        if "Find every moment" not in words:
            return None
        calls.append(words)
        return "[]" if len(calls) % 2 else None

    vlm = Seer(says)
    context = context_of(tmp_path, look, vlm=vlm, grounder=VlmGrounder(vlm))
    [row] = roundtrip(unique(context, look)[1:2], context).kept
    assert row.rollouts is not None
    assert (row.rollouts.mean, row.rollouts.std, row.rollouts.count) == (0.5, 0.5, 4)
    assert row.difficulty == 50


@pytest.mark.parametrize(
    ("settings", "found", "reason"),
    [
        (Roundtrip(least_iou=0.1), (), "not found again"),
        (Roundtrip(most_iou=0.9), (Moment(Span(4, 8), 1.0),), "found too easily"),
    ],
)
def test_rows_can_be_rejected_for_how_they_are_found(
    look: Look, tmp_path: Path, settings: Roundtrip, found: tuple[Moment, ...], reason: str
) -> None:
    class Fixed:
        name = "fixed"
        max_window = 100.0

        def ground(self, video: Video, within: Span, query: str) -> Grounding:
            return Grounding(found, within, "stated")

    context = context_of(tmp_path, look, settings=Settings(roundtrip=settings), grounder=Fixed())
    row = replace(candidates_of(look)[1], query="a lime wall is shown", spans=(Span(4, 8),))
    assert reasons(roundtrip([row], context)) == [reason]


def test_queries_of_another_video_that_are_absent_become_refusal_rows(
    look: Look, other: Look, tmp_path: Path
) -> None:
    settings = Settings(refusals=Refusals(per_video=2))
    context = context_of(tmp_path, look, other, settings=settings)
    rows = [
        *unique(replace(context, looks={look.video_id: look}), look),
        *unique(replace(context, looks={other.video_id: other}), other),
    ]
    outcome = refusals(rows, context)
    made = [one for one in outcome.kept if not one.spans]
    assert {(one.video_id, one.query) for one in made} == {
        (look.video_id, "a magenta wall is shown"),
        (look.video_id, "a cyan wall is shown"),
        (other.video_id, "a lime wall is shown"),
        (other.video_id, "a red wall is shown"),
    }
    # Blue is in both films.
    assert "a blue wall is shown" not in {one.query for one in made}
    assert all(one.filters["absent_margin"] > 0 for one in made)
    assert len({one.id for one in outcome.kept}) == len(outcome.kept)
    assert list(outcome.kept) == sorted(outcome.kept, key=lambda one: one.id)


@pytest.mark.parametrize(
    ("marker", "reply", "reason"),
    [
        ("Each numbered line", {"fits": [1]}, "captions say it is there"),
        ("Do these frames show", {"seen": "yes"}, "seen there"),
    ],
)
def test_a_query_that_may_be_there_after_all_is_no_refusal_row(
    look: Look, other: Look, tmp_path: Path, marker: str, reply: object, reason: str
) -> None:
    context = context_of(tmp_path, look, other)
    rows = unique(replace(context, looks={look.video_id: look}), look)
    mine = unique(replace(context, looks={other.video_id: other}), other)
    doubting = Seer(lambda words, _: json.dumps(reply) if marker in words else None)
    context = context_of(tmp_path / "second", look, other, vlm=doubting)
    outcome = refusals([*rows, *mine], context)
    assert set(reasons(outcome)) == {reason}
    assert all(one.spans for one in outcome.kept)


def test_a_question_has_the_place_as_evidence_and_options_in_no_telling_order(
    look: Look, tmp_path: Path
) -> None:
    settings = Settings(questions=Questions(share=1.0))
    context = context_of(tmp_path, look, settings=settings)
    rows = unique(context, look)
    outcome = questions(rows, context)
    made = [one for one in outcome.kept if one.task == "qa"]
    assert [one.answer for one in made] == ["lime", "blue", "yellow"]
    assert all(one.question == "Which colour is the wall?" for one in made)
    assert all(one.spans == (one.span,) and one.answer in one.options for one in made)
    assert len({one.options.index(str(one.answer)) for one in made}) > 1
    assert [one for one in outcome.kept if one.task == "ground"] == list(rows)
    # Always saying "A" is no better than chance when the options are turned.
    assert [one.filters["guessed"] for one in made] == [0.25] * 3


def test_a_question_that_can_be_guessed_without_looking_is_rejected(
    look: Look, tmp_path: Path
) -> None:
    def says(words: str, colours: list[str]) -> str | None:
        return '{"option": "blue"}' if "You cannot see" in words else None

    settings = Settings(questions=Questions(share=1.0))
    context = context_of(tmp_path, look, vlm=Seer(says), settings=settings)
    outcome = questions(unique(context, look), context)
    [rejected] = outcome.rejected
    assert rejected.rejection.reason == "answer can be guessed"
    assert (rejected.rejection.value, rejected.rejection.limit) == (1.0, 0.25)
    assert rejected.candidate.scene == 2


def test_a_question_that_its_pictures_do_not_answer_is_rejected(look: Look, tmp_path: Path) -> None:
    def says(words: str, colours: list[str]) -> str | None:
        return '{"option": "nothing"}' if "Answer from these frames" in words else None

    settings = Settings(questions=Questions(share=1.0))
    context = context_of(tmp_path, look, vlm=Seer(says), settings=settings)
    outcome = questions(unique(context, look), context)
    assert reasons(outcome) == ["not answered by its own place"] * 3


def test_a_share_of_the_rows_is_asked_about_always_the_same(look: Look, tmp_path: Path) -> None:
    def made(share: float, folder: str) -> set[str]:
        settings = Settings(questions=Questions(share=share))
        context = context_of(tmp_path / folder, look, settings=settings)
        kept = questions(unique(context, look), context).kept
        return {one.id for one in kept if one.task == "qa"}

    assert made(0.0, "a") == set()
    assert made(0.6, "b") == made(0.6, "c") <= made(1.0, "d")


def run_all(context: Context, look: Look) -> Outcome:
    rows = unique(context, look)
    return questions(roundtrip(rows, context).kept, context)


def test_a_second_run_asks_the_model_nothing_and_comes_to_the_same(
    look: Look, tmp_path: Path
) -> None:
    def fresh() -> tuple[Seer, Context]:
        vlm = Seer()
        return vlm, context_of(tmp_path, look, vlm=vlm, grounder=VlmGrounder(vlm))

    first, context = fresh()
    before = run_all(context, look)
    second, context = fresh()
    assert run_all(context, look) == before
    assert len(first.prompts) > 20
    assert second.prompts == []


def test_a_grounder_is_asked_in_the_words_of_every_other_place(look: Look, tmp_path: Path) -> None:
    vlm = Seer()
    context = context_of(tmp_path, look, vlm=vlm, grounder=VlmGrounder(vlm))
    [row] = roundtrip(unique(context, look)[1:2], context).kept
    [prompt, *_] = vlm.asked("Find every moment")
    pictures = [p.frames for m in prompt for p in m.parts if not isinstance(p, Text)]
    assert len(pictures) == 20
    whole = Span(0.0, look.duration)
    with Video.open(look.path) as video:
        frames = window_frames(video, whole, vlm.adapter.budget)
    same = grounding_messages(vlm.adapter, frames, row.query or "", within=whole)
    assert prompt_text(same) == prompt_text(prompt)
