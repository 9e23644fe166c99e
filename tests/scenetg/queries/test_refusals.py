"""Queries of other videos that are true nowhere here."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from scenetg.queries.refusals import refusals
from scenetg.settings import Refusals, Settings
from scenetg.visual.look import Look
from tests.scenetg.queries.stage import (
    Seer,
    context_of,
    reasons,
    unique,
)


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
