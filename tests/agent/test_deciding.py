"""The rule of what is evidence and when it is sure, as a table."""

from typing import Any

import pytest

from agent.context import Thresholds
from agent.deciding import BY_INDEX, absence, doubt, is_evidence, worth_naming
from agent.state import Candidate

LIMITS = Thresholds(present=0.5, found=0.2, sure=0.6)


def row(**changes: Any) -> Candidate:
    found = Candidate(
        start=0,
        end=1,
        score=0.7,
        score_kind=BY_INDEX,
        presence=0.9,
        sources=[],
        query="q",
        verdict="unverified",
        note="",
    )
    return {**found, **changes}  # type: ignore[typeddict-item]  # a table of any fields


@pytest.mark.parametrize(
    ("changes", "evidence"),
    [
        ({}, True),
        ({"presence": 0.4}, False),
        ({"score": 0.1}, False),
        ({"score_kind": "stated", "presence": 0.0}, True),
        ({"score_kind": "stated", "score": 0.1}, False),
        ({"verdict": "seen", "presence": 0.0, "score": 0.0}, True),
        ({"verdict": "not_seen"}, False),
    ],
)
def test_what_is_evidence(changes: dict[str, Any], evidence: bool) -> None:
    assert is_evidence(row(**changes), LIMITS) == evidence


@pytest.mark.parametrize(
    ("changes", "verifier_looks", "said"),
    [
        ({}, False, ""),
        ({"score": 0.5}, False, "probably in the video (chance 0.90)"),
        ({"score": 0.5, "score_kind": "stated"}, False, "confidence in the best moment is 0.50"),
        ({}, True, "not verified"),
        ({"verdict": "seen", "score": 0.0}, True, ""),
    ],
)
def test_when_it_is_sure(changes: dict[str, Any], verifier_looks: bool, said: str) -> None:
    told = doubt(row(**changes), LIMITS, verifier_looks=verifier_looks)
    assert said in told
    assert bool(said) == bool(told)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"score": 0.4}, True),
        ({"score": 0.3}, False),
        ({"score": 0.3, "score_kind": "stated"}, False),
        ({"score": 0.3, "verdict": "seen"}, True),
    ],
)
def test_what_is_named_beside_the_best(changes: dict[str, Any], named: bool) -> None:
    assert worth_naming(row(**changes), row(score=0.8)) == named


def test_only_a_low_presence_explains_an_absence() -> None:
    assert "0.30, below 0.5" in absence(0.3, LIMITS)
    assert absence(0.5, LIMITS) == absence(None, LIMITS) == ""
