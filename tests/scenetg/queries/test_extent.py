"""Places cut to the part that shows their query: on marks alone, and on films of plain colours."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from grounder.span import Span
from scenetg.candidate import Candidate, Kind, Rejection
from scenetg.queries.extent import extent, moments, seen_part
from scenetg.settings import Extent, Settings
from scenetg.visual.look import Look
from tests.scenetg.queries.stage import Seer, context_of, film

HOW = Extent()
PLACE = Span(10.0, 18.0)


def marks(text: str) -> Sequence[bool]:
    return [mark == "x" for mark in text]


@pytest.mark.parametrize(
    ("seen", "part"),
    [
        ("xxxxxxxx", PLACE),
        ("xxxx....", Span(10, 14)),
        ("...xxxxx", Span(13, 18)),
        ("..xxxx..", Span(12, 16)),
        ("xxx.xxxx", PLACE),  # one look erred
        ("xxxx..x.", Span(10, 14)),
    ],
)
def test_a_place_is_cut_to_the_parts_that_show_its_query(seen: str, part: Span) -> None:
    assert seen_part(PLACE, marks(seen), HOW) == part


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        ("........", "seen in too little of a place"),
        ("..xx....", "seen in too little of a place"),
        ("xxx..xxx", "seen in several parts of a place"),
    ],
)
def test_a_place_without_one_clear_part_is_none(seen: str, reason: str) -> None:
    part = seen_part(PLACE, marks(seen), HOW)
    assert isinstance(part, Rejection)
    assert (part.stage, part.reason) == ("extent", reason)


def test_one_part_is_all_or_nothing() -> None:
    assert seen_part(PLACE, [True], HOW) == PLACE
    assert isinstance(seen_part(PLACE, [False], HOW), Rejection)


def row(look: Look, query: str, *spans: Span, kind: Kind = "scene") -> Candidate:
    return Candidate(
        f"{look.video_id}-0", look.video_id, str(look.path), look.duration, spans[0], kind, 0,
        query=query, spans=spans,
    )  # fmt: skip


@pytest.fixture
def seen(tmp_path: Path) -> Look:
    """Red for eight seconds, blue for eight, lime for eight: all one scene."""
    return replace(film(tmp_path, "red", "blue", "lime", seconds=8.0), scenes=(Span(0, 24),))


def test_the_rows_of_a_video_are_cut_each_by_its_own_query(seen: Look, tmp_path: Path) -> None:
    rows = [
        row(seen, "a red wall", Span(0, 16)),
        row(seen, "a blue wall", Span(4, 16), Span(6, 14)),
    ]
    outcome = extent(rows, context_of(tmp_path, seen))
    first, second = outcome.kept
    assert first.spans == (Span(0, 8),)
    assert first.filters["extent"] == 0.5
    assert [span.end for span in second.spans] == [16, 14]
    assert second.spans[0].start == pytest.approx(8, abs=1.0)


def test_an_event_that_goes_on_beyond_its_ends_is_rejected(seen: Look, tmp_path: Path) -> None:
    whole = row(seen, "a blue wall", Span(8, 16), kind="event")
    part = row(seen, "a blue wall", Span(10, 16), kind="event")
    outcome = extent([whole, part], context_of(tmp_path, seen))
    assert [one.spans for one in outcome.kept] == [(Span(8, 16),)]
    assert [one.rejection.reason for one in outcome.rejected] == ["goes on beyond its ends"]


def test_nothing_is_looked_at_beyond_the_scene_of_an_event(seen: Look) -> None:
    chosen = moments(row(seen, "x", Span(0.7, 23.5), kind="event"), Span(0.7, 23.5), seen, HOW)
    assert chosen.beside == ()
    assert len(chosen.inside) == HOW.parts
    assert all(part.duration <= HOW.seconds for part in chosen.inside)


def test_a_reply_that_cannot_be_read_costs_its_own_row_alone(seen: Look, tmp_path: Path) -> None:
    vlm = Seer(lambda words, colours: "hm" if '"a red wall"' in words else None)
    rows = [row(seen, "a red wall", Span(0, 8)), row(seen, "a blue wall", Span(8, 16))]
    outcome = extent(rows, context_of(tmp_path, seen, vlm=vlm))
    assert [one.query for one in outcome.kept] == ["a blue wall"]
    assert [one.rejection.reason for one in outcome.rejected] == ["unreadable reply"]


def test_without_parts_nothing_is_asked(seen: Look, tmp_path: Path) -> None:
    vlm = Seer()
    rows = [row(seen, "a red wall", Span(0, 16))]
    settings = Settings(extent=Extent(parts=0))
    assert extent(rows, context_of(tmp_path, seen, vlm=vlm, settings=settings)).kept == tuple(rows)
    assert vlm.prompts == []
