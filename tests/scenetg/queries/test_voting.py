from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grounder.span import Span
from scenetg.asking.asker import Failure
from scenetg.candidate import Candidate, Kind, Rejection
from scenetg.queries.uniqueness import retrieval
from scenetg.queries.uniqueness.places import Case, Place
from scenetg.queries.uniqueness.voting import Vote, Voter, decide, settle_twins
from scenetg.settings import Uniqueness

HOW = Uniqueness(votes=2)
YES = Vote(True)
AXES = np.eye(8, dtype=np.float32)


def candidate(number: int = 0, query: str = "a dog runs") -> Candidate:
    span = Span(number * 10.0, number * 10.0 + 10)
    return Candidate(
        f"v-{number}", "v", "v.mp4", 100.0, span, "scene", number, query=query, spans=(span,)
    )


def case(kind: Kind = "scene", length: float = 10.0) -> Case:
    """Return a case of six places; the own one is the first."""
    others = tuple(Place(Span(n * 10.0, n * 10.0 + length), kind, AXES[n]) for n in range(1, 6))
    return Case(candidate(), Place(Span(0.0, 10.0), "scene", AXES[0]), others)


def votes(
    retrieval: Vote | Failure, captions: Vote | Failure, looking: Vote | Failure
) -> Mapping[Voter, Vote | Failure]:
    return {"retrieval": retrieval, "captions": captions, "looking": looking}


def also(*places: int, found: bool = True) -> Vote:
    return Vote(found, frozenset(places))


UNREAD = Failure("unreadable reply", "hm")


@pytest.mark.parametrize(
    "ballot",
    [
        votes(YES, YES, YES),
        votes(also(3), YES, YES),
        votes(YES, also(3), YES),
        votes(YES, YES, also(3)),
        votes(YES, UNREAD, YES),
        {"retrieval": YES},
        {"captions": YES, "looking": YES},
        {},
    ],
)
def test_a_majority_of_the_votes_held_makes_it_unique(
    ballot: Mapping[Voter, Vote | Failure],
) -> None:
    result = decide(case(), ballot, HOW)
    assert isinstance(result, Candidate)
    assert result.spans == (Span(0.0, 10.0),)


@pytest.mark.parametrize(
    ("ballot", "most"),
    [
        (votes(YES, YES, YES), 3),
        (votes(YES, also(3), YES), 2),
        (votes(also(3), also(4), YES), 1),
        (votes(also(3), also(4), also(2)), 0),
        (votes(YES, also(3), also(3)), 3),  # confirmed: no majority can overrule it
        ({"retrieval": YES, "captions": also(3)}, 1),
    ],
)
def test_how_many_must_call_it_unique_is_a_setting(
    ballot: Mapping[Voter, Vote | Failure], most: int
) -> None:
    results = [decide(case(), ballot, Uniqueness(votes=needed)) for needed in (1, 2, 3)]
    assert sum(isinstance(one, Candidate) for one in results) == most


@pytest.mark.parametrize(
    ("ballot", "reason"),
    [
        (votes(also(3), also(4), YES), "fits another place"),
        (votes(also(3), YES, also(4)), "fits another place"),
        (votes(YES, YES, also(found=False)), "not seen in its own place"),
        (votes(also(found=False), also(found=False), YES), "fits another place"),
        (votes(also(3), UNREAD, YES), "unreadable reply"),
        (votes(also(3), also(4), UNREAD), "fits another place"),
        ({"captions": also(3)}, "fits another place"),
        ({"retrieval": YES, "captions": also(3)}, "fits another place"),
        (votes(YES, also(2, 3), also(3)), "may fit other places, too"),
        (votes(YES, also(3), also(1, 3)), "may fit other places, too"),
    ],
)
def test_what_is_not_unique_and_not_confirmed_is_rejected(
    ballot: Mapping[Voter, Vote | Failure], reason: str
) -> None:
    result = decide(case(), ballot, HOW)
    assert isinstance(result, Rejection)
    assert (result.stage, result.reason) == ("uniqueness", reason)


def test_places_that_captions_and_pictures_both_find_become_spans() -> None:
    result = decide(case(), votes(also(1), also(1, 3), also(1, 3)), HOW)
    assert isinstance(result, Candidate)
    assert result.spans == (Span(0, 10), Span(20, 30), Span(40, 50))
    assert result.filters["places"] == 3


def test_a_confirmed_place_beside_its_own_makes_one_longer_span() -> None:
    result = decide(case(), votes(YES, also(0), also(0)), HOW)
    assert isinstance(result, Candidate)
    assert result.spans == (Span(0, 20),)


@pytest.mark.parametrize(
    ("which", "settings", "reason"),
    [
        (case(), replace(HOW, most_places=1), "fits too many places"),
        (case(kind="event"), HOW, "fits a part of another scene"),
        (case(length=9.0), replace(HOW, longest_place=5.0), "fits a place too long to be one"),
    ],
)
def test_confirmed_places_that_cannot_be_spans_are_a_reason(
    which: Case, settings: Uniqueness, reason: str
) -> None:
    result = decide(which, votes(YES, also(1), also(1)), settings)
    assert isinstance(result, Rejection)
    assert result.reason == reason


def test_the_detail_says_who_found_it_where() -> None:
    result = decide(case(), votes(also(3), also(4), YES), HOW)
    assert isinstance(result, Rejection)
    assert (result.value, result.limit) == (1, 2)
    assert "retrieval: also 0:40" in result.detail
    assert "captions: also 0:50" in result.detail


@given(
    st.lists(st.sampled_from([YES, also(1), also(2), also(1, 2), UNREAD]), min_size=3, max_size=3)
)
def test_a_row_never_has_a_place_that_a_vote_disputes(cast: list[Vote | Failure]) -> None:
    result = decide(case(), votes(*cast), HOW)
    if isinstance(result, Candidate) and len(result.spans) > 1:
        assert cast[1] == cast[2]


def test_the_same_words_for_two_places_are_ambiguous_whatever_the_votes_say() -> None:
    rows = [candidate(0), candidate(1, "A dog runs."), candidate(2, "a cat sits")]
    results = settle_twins(rows)
    assert [r.reason if isinstance(r, Rejection) else r.id for r in results] == [
        "asked of two places",
        "asked of two places",
        "v-2",
    ]


def test_of_two_rows_with_the_same_words_and_places_the_first_stays() -> None:
    both = (Span(0, 10), Span(20, 30))
    rows = [replace(candidate(n), spans=both) for n in (0, 2)]
    results = settle_twins(rows)
    assert [isinstance(r, Rejection) for r in results] == [False, True]


def test_retrieval_is_unique_when_its_own_place_wins_by_the_margin() -> None:
    query = (AXES[0] + 0.9 * AXES[2]) / np.float32(np.sqrt(1.81))
    assert retrieval.margin(case(), query) == pytest.approx(0.1 / np.sqrt(1.81), abs=1e-5)
    assert retrieval.vote(case(), query, replace(HOW, margin=0.05)).unique
    near = retrieval.vote(case(), query, replace(HOW, margin=0.2))
    assert near == also(1)
    assert not retrieval.vote(case(), AXES[3], HOW).found


def test_the_rivals_are_those_like_its_pictures_and_those_like_its_words() -> None:
    # Like its own picture: place 4; like the words: place 1.
    own = Place(Span(0, 10), "scene", (AXES[0] + 0.5 * AXES[5]) / np.float32(np.sqrt(1.25)))
    query = (AXES[0] + 0.5 * AXES[2]) / np.float32(np.sqrt(1.25))
    which = Case(candidate(), own, case().others)
    assert sorted(retrieval.rivals(which, query, 2)) == [1, 4]
    assert len(retrieval.rivals(which, query, 9)) == 5
    alone = Case(candidate(), own, ())
    assert retrieval.rivals(alone, query, 3) == []
    assert retrieval.margin(alone, query) == 2
