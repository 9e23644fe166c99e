import pytest

from grounder.ground.retrieval import RetrievalGrounder
from grounder.search import search
from grounder.span import Span
from tests.search_world import letter_video

FILM = letter_video("aaaaaabbbbaaaaaaaccccaaaaaaabbbbaaaa")
ALL = Span(0, 36)
# The retrieval grounder reads the index only; the pictures are never asked for.
NO_VIDEO = None


def ground(query, within=ALL, **options):
    return RetrievalGrounder(FILM, **options).ground(NO_VIDEO, within, query)


def test_a_moment_has_the_boundaries_of_its_scene():
    grounding = ground("c")
    assert [moment.span for moment in grounding.moments] == [Span(17, 21)]
    assert grounding.score_kind == "retrieval_probability"
    assert grounding.within == ALL


def test_a_thing_that_happens_twice_gives_two_moments():
    assert {moment.span for moment in ground("b").moments} == {Span(6, 10), Span(28, 32)}


def test_moments_stay_inside_the_stretch():
    assert [moment.span for moment in ground("b", Span(0, 20)).moments] == [Span(6, 10)]


@pytest.mark.parametrize("query", ["b", "c"])
def test_a_window_of_the_search_is_left_as_it_is(query):
    best = search(FILM, query, k=1, longest=20)[0].span
    assert ground(query, best).moments[0].span == best


def test_nothing_stands_out_of_a_flat_curve():
    assert ground("d").moments == ()


def test_improbable_moments_are_left_out_only_when_asked():
    assert ground("c").moments
    assert ground("c", min_probability=0.99).moments == ()


@pytest.mark.parametrize(("within", "query"), [(Span(50, 60), "a"), (ALL, " ")])
def test_a_stretch_outside_or_an_empty_query_is_an_error(within, query):
    with pytest.raises(ValueError, match=r"outside|empty"):
        ground(query, within)
