import pytest

from scenetg.queries.wording import check_manner, check_query
from scenetg.settings import Phrase

CAPTION = 'A man in a red coat opens a door. A sign reads "EXIT 12".'


def reason(query: str, caption: str = CAPTION) -> str | None:
    rejection = check_query(query, caption, Phrase())
    return rejection and rejection.reason


@pytest.mark.parametrize(
    "query",
    [
        "a man in a red coat opens a wooden door",
        "two dogs run across a field at the end of a road",
        "a woman stands in the middle of the room and points at a map",
        "a child at the start line ties a shoe",
        "a person plays the guitar on a stage",
        "the second man from the left raises his hand",
        "a hand sets a clock on the wall",
        "a girl speaks to the camera in a kitchen",
        "a basketball player takes a shot from the corner",
        "a boy watches a film in a cinema",
        "a first aid kit lies on a table",
        "Mr. Bean looks at a painting",
    ],
)
def test_a_plain_event_passes(query: str) -> None:
    assert reason(query) is None


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("a man opens a door at 0:35", "tells a time"),
        ("a man runs for 5 seconds", "tells a time"),
        ("a man sits down after opening a door", "tells a time"),
        ("a man opens the door again", "tells a time"),
        ("finally a man opens a door", "tells a time"),
        ("a man opens a door while a dog sleeps", "tells a time"),
        ("a man opens a door for the second time", "tells a time"),
        ("a man opens a door at the beginning", "tells its place in the video"),
        ("a man opens a door near the end of the film", "tells its place in the video"),
        ("the closing credits roll over a red sky", "tells its place in the video"),
        ("a red coat in the last scene", "tells its place in the video"),
        ("in the middle of the video a man opens a door", "tells its place in the video"),
        ("a loud bang is heard in a hall", "can only be heard"),
        ("a man says that he is leaving", "can only be heard"),
        ("a narrator explains the rules of chess", "can only be heard"),
        ("a woman talks about her new car", "can only be heard"),
        ("soft music plays in a bar", "can only be heard"),
        ("the video shows a man opening a door", "speaks of the video"),
        ("the camera pans over a red coat", "speaks of the video"),
        ("a man opens a door and then sits down", "more than one event"),
        ("a man opens a door. A dog barks at him", "more than one event"),
        ("a man opens a door, followed by a dog barking", "more than one event"),
        ("a man opens a door under a sign reading exit 12", "repeats text on screen"),
        ('a man opens a door under "WAY OUT"', "repeats text on screen"),
        ("a door", "query too short"),
        (" ".join(["a man opens a door"] * 6), "query too long"),
    ],
)
def test_each_rule_has_its_reason(query: str, why: str) -> None:
    assert reason(query) == why


def test_a_reason_names_the_word_and_the_limit() -> None:
    found = check_query("a man opens a door again", CAPTION, Phrase())
    assert found is not None
    assert (found.stage, found.detail) == ("phrase", "again")
    short = check_query("a door", CAPTION, Phrase())
    assert short is not None
    assert (short.value, short.limit) == (2, 3)


def test_words_on_screen_count_only_where_they_stand_in_the_query() -> None:
    assert reason("a man leaves by the exit") is None
    assert reason("a man in a coat", caption='The word "a" is on a wall.') is None


def test_questions_obey_the_same_manners_under_their_own_name() -> None:
    found = check_manner("What happens after the dog barks?", "questions")
    assert found is not None
    assert (found.stage, found.reason) == ("questions", "tells a time")
    assert check_manner("Which colour is the coat?", "questions") is None
