"""What a stretch shows, in words, and the query that is made of them."""

import json
from pathlib import Path

import pytest

from grounder.vlm import Text
from scenetg.queries.describe import describe
from scenetg.queries.phrase import phrase
from scenetg.visual.look import Look
from tests.scenetg.queries.stage import (
    COLOURS,
    Seer,
    candidates_of,
    context_of,
    phrased,
    reasons,
)


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
