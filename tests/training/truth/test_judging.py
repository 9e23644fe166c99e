"""Rows, boundaries and figures held against worlds whose truth is known."""

from dataclasses import replace

import pytest

from grounder.errors import SpecError
from grounder.span import Span
from scenetg.candidate import Candidate, Rejected, Rejection
from scenetg.line.order import Built
from scenetg.world import World, make_world
from scenetg.world.truth import spans_of
from training.truth.boundaries import missed, proposed, true_moments
from training.truth.building import ABLATIONS, read_votes
from training.truth.clauses import LEAKS, say
from training.truth.facts import facts
from training.truth.judging import judge, judge_queries, judge_refusals, same, written
from training.truth.scenetg import read_rates
from training.truth.tables import Figure, Filtered, boundary_table, filter_head, filter_line

VIDEO = "world-3.mp4"
WORLD = make_world(3, 120.0, level="medium")


def row(span: Span, query: str | None = None, spans: tuple[Span, ...] = ()) -> Candidate:
    return Candidate("id", "v", VIDEO, WORLD.duration, span, "scene", 0, query=query, spans=spans)


def background(world: World = WORLD) -> tuple[str, tuple[Span, ...]]:
    """A query that is true in one scene alone, and where."""
    for scene in world.scenes:
        meaning = facts(world, [scene.span.centre])[-1]
        for fact in facts(world, [scene.span.centre]):
            if fact.colour is None:
                meaning = fact
        true = tuple(spans_of(world, meaning))
        if len(true) == 1:
            return say(meaning), true
    raise AssertionError("another seed is needed")


def test_a_row_with_the_true_spans_is_right() -> None:
    query, true = background()
    assert judge(row(true[0], query, true), WORLD, kept=True).right
    off = Span(true[0].start + 0.2, true[0].end)
    judged = judge(row(off, query, (off,)), WORLD, kept=True)
    assert judged.right
    assert judged.own


def test_a_row_that_misses_a_place_or_has_one_too_many_is_wrong() -> None:
    query, true = background()
    elsewhere = Span(0.0, 1.0) if true[0].start > 2 else Span(WORLD.duration - 1, WORLD.duration)
    both = tuple(sorted((true[0], elsewhere)))
    assert not judge(row(true[0], query, both), WORLD, kept=True).right
    assert not judge(row(elsewhere, query, (elsewhere,)), WORLD, kept=True).right


def test_spans_match_one_for_one() -> None:
    assert same([Span(0, 10)], [Span(1, 10)])
    assert not same([Span(0, 10)], [Span(4, 10)])
    assert not same([Span(0, 10)], [Span(0, 10), Span(20, 30)])
    assert same([], [])


def test_boundaries_are_as_far_as_they_are() -> None:
    start = WORLD.scenes[1].span.start
    off = replace(row(Span(start + 0.25, WORLD.scenes[1].span.end - 0.5)), video=VIDEO)
    assert [one.seconds for one in proposed([off], {VIDEO: WORLD})] == [0.25, 0.5]
    # The ends of the video are no boundaries that can be missed.
    assert proposed([row(Span(0.0, WORLD.duration))], {VIDEO: WORLD}) == []
    gone = missed([row(Span(0.0, WORLD.duration))], {VIDEO: WORLD})
    assert len(gone) == len(WORLD.scenes) - 1
    assert min(one.seconds for one in gone) > 0


def test_events_may_begin_with_a_phase() -> None:
    inner = set(true_moments(WORLD, "event")) - set(true_moments(WORLD, "scene"))
    phases = {phase.span.start for scene in WORLD.scenes for actor in scene.actors for phase in actor.phases}  # fmt: skip
    assert inner
    assert phases <= set(true_moments(WORLD, "event"))


def test_the_filters_figures_are_counted() -> None:
    query, true = background()
    leaky = f"{query} {LEAKS[0]}"
    built = Built([], [])
    built.rows = (row(true[0], query, true), replace(row(true[0], leaky, true), id="b"))
    built.rejected = [
        Rejected(row(true[0], query, true), Rejection("uniqueness", "fits another place")),
        Rejected(row(true[0]), Rejection("phrase", "tells a time", detail=f"x in {leaky!r}")),
    ]
    worlds = {VIDEO: WORLD}
    assert [one.kept for one in judge_queries(built, worlds)] == [True, True, False]
    assert judge_refusals(built, worlds) == []
    assert sorted(leak for _, leak in written(built)) == [False, False, True, True]
    found = Filtered.of(built, worlds, rate=0.1, votes="i")
    assert found.precision.value == 1.0
    assert found.recall.value == pytest.approx(2 / 3)
    assert (found.leaked_before.value, found.leaked_after.value) == (0.5, 0.5)
    assert found.several.value is None
    assert "| 10% | i | 1.00 [1.00, 1.00] (2) |" in filter_line(found)
    assert filter_line(found).count("|") == filter_head().splitlines()[0].count("|")


def test_a_refusal_row_is_right_where_its_query_is_never_true() -> None:
    query, _ = background()
    built = Built([], [])
    built.rows = (row(Span(0, 5), query), row(Span(0, 5), "a cyan moon blinks"))
    judged = judge_refusals(built, {VIDEO: WORLD})
    absent = not spans_of(WORLD, judged_meaning("a cyan moon blinks"))
    assert [one.right for one in judged] == [False, absent]


def judged_meaning(query: str):  # type: ignore[no-untyped-def]  # of the module under test
    from training.truth.describer import meaning_of

    return meaning_of(query)[0]


def test_boundaries_are_told_of_all_proposals_and_of_candidates() -> None:
    good = row(WORLD.scenes[1].span)
    bad = replace(row(Span(WORLD.scenes[1].span.start + 1, 50.0)), id="c")
    built = Built([], [], candidates=(good,))
    built.rejected = [Rejected(bad, Rejection("sharpness", "start not sharp"))]
    lines = {line.name: line for line in boundary_table(built, {VIDEO: WORLD})}
    assert lines["scene ends, candidates"].seconds.value == 0
    assert lines["scene ends, all proposed"].seconds.cases == 4
    assert lines["event ends, candidates"].seconds.value is None
    assert "by chance" in lines["true scene changes"].markdown()


def test_a_figure_without_cases_is_a_dash() -> None:
    assert Figure.of([], []).shown() == "-"


def test_sets_of_votes_are_named_by_numerals() -> None:
    assert list(read_votes("i+ii+iii, i")) == ["i retrieval", "i+ii+iii"]
    assert read_votes("") == ABLATIONS
    with pytest.raises(SpecError, match=r"i\+ii\+iii"):
        read_votes("iv")


def test_rates_are_per_cents() -> None:
    assert read_rates("0,5,20") == [0.0, 0.05, 0.2]
    for wrong in ("", "x", "-1", "101"):
        with pytest.raises(SpecError, match="0 to 100"):
            read_rates(wrong)
