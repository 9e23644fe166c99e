"""The three votes on films of plain colours."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from grounder.span import Span
from grounder.vlm.scripted import prompt_text
from scenetg.queries.describe import describe
from scenetg.queries.phrase import phrase
from scenetg.queries.uniqueness import uniqueness
from scenetg.settings import Settings, Uniqueness
from scenetg.visual.look import Look
from tests.scenetg.queries.stage import (
    Seer,
    candidates_of,
    context_of,
    phrased,
    reasons,
    unique,
)


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
