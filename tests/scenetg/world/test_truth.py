import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenetg.world import LEVELS, make_world
from scenetg.world.captions import caption_at, stretches
from scenetg.world.queries import KINDS, propose, refusals
from scenetg.world.query import Order, Query
from scenetg.world.rows import Wanted, rows
from scenetg.world.truth import spans_of
from tests.scenetg.world.observer import look, true_spans

LEVEL_NAMES = st.sampled_from(sorted(LEVELS))
SEEDS = st.integers(0, 10_000)
FEW = settings(max_examples=15)  # each example checks several queries moment by moment
ASPECTS = st.sampled_from([1.0, 16 / 9, 0.75])


@FEW
@given(seed=SEEDS, level=LEVEL_NAMES, aspect=ASPECTS)
def test_every_query_holds_exactly_where_a_witness_sees_it(
    seed: int, level: str, aspect: float
) -> None:
    world = make_world(seed, 60, level=level, aspect=aspect)
    for proposal in propose(world, 12, random.Random(seed), most_spans=9):
        assert list(proposal.spans) == true_spans(world, proposal.query), proposal


@FEW
@given(seed=SEEDS, level=LEVEL_NAMES)
def test_a_witness_never_sees_what_a_refusal_describes(seed: int, level: str) -> None:
    world = make_world(seed, 60, level=level)
    for proposal in refusals(world, 6, random.Random(seed)):
        assert true_spans(world, proposal.query) == [], proposal


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_of_query_is_found_in_a_rich_world(kind: str) -> None:
    world = make_world(2, 600, level="hard", aspect=16 / 9)
    proposals = propose(world, 3, random.Random(0), kinds=[kind], most_spans=9)
    assert proposals
    for proposal in proposals:
        assert list(proposal.spans) == true_spans(world, proposal.query), proposal


@FEW
@given(seed=SEEDS)
def test_statements_to_verify_are_true_or_false_in_all_of_their_stretch(seed: int) -> None:
    world = make_world(seed, 60, level="hard")
    wanted = Wanted(ground=0, refuse=0, caption=0, qa=0, verify=6, shots=False)
    for sample in rows(world, "v.mp4", wanted=wanted):
        query = Query.from_meta(sample.meta["query"])
        overlap = sum(span.overlap(sample.spans[0]) for span in true_spans(world, query))
        assert overlap == (sample.spans[0].duration if sample.answer == "yes" else 0), sample


@FEW
@given(seed=SEEDS, level=LEVEL_NAMES)
def test_a_caption_stays_true_for_the_whole_stretch(seed: int, level: str) -> None:
    world = make_world(seed, 40, level=level)
    for scene in world.scenes:
        for span in stretches(scene):
            ends = (look(world, span.start + 0.01), look(world, span.end - 0.01))
            assert ends[0] == ends[1]
            assert caption_at(world, span.start) == caption_at(world, span.end - 0.01)


def test_an_order_without_a_single_anchor_is_refused() -> None:
    world = make_world(2, 120, level="hard")
    everywhere = Query(colour="nothing has this colour")
    with pytest.raises(ValueError, match="must be true once, not 0 times"):
        spans_of(world, Query(order=Order("after", everywhere)))
    with pytest.raises(ValueError, match="needs an anchor"):
        spans_of(world, Query(order=Order("before")))


@FEW
@given(seed=SEEDS)
def test_a_row_keeps_the_meaning_of_its_query(seed: int) -> None:
    world = make_world(seed, 120, level="hard")
    for sample in rows(world, "v.mp4", wanted=Wanted(ground=12, refuse=4, shots=False)):
        if sample.task == "ground":
            query = Query.from_meta(sample.meta["query"])
            assert spans_of(world, query) == list(sample.spans)
            assert query.to_meta() == sample.meta["query"]
