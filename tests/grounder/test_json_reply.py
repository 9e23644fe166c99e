import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from grounder.json_reply import LONGEST_QUOTE, read_json, short


class Shape(BaseModel):
    model_config = ConfigDict(strict=True)
    value: float
    note: str = ""


@pytest.mark.parametrize(
    "text",
    [
        '{"value": 1.5}',
        'Here it is: {"value": 1.5} {"value": 2}',
        '```json\n{"value": 1.5}\n```',
        '<think>{"value": 9}</think>\n{"value": 1.5}',
    ],
)
def test_the_first_object_that_is_spoken_is_read(text: str) -> None:
    assert read_json(text, Shape) == Shape(value=1.5)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("no", "no JSON object in 'no'"),
        ('{"value": 1', "broken JSON"),
        ("{" * 100_000, "broken JSON"),
        ('{"value": ' + "[" * 100_000, "broken JSON"),
        ('{"value": "1"}', "value: Input should be a valid number"),
        ("{}", "value: Field required"),
        ('<think>{"value": 1.5}</think>', "no JSON object"),
    ],
)
def test_anything_else_is_told_with_its_words(text: str, why: str) -> None:
    said = read_json(text, Shape)
    assert isinstance(said, str)
    assert said.startswith(why)
    assert len(said) < 2 * LONGEST_QUOTE


@given(st.text())
def test_no_reply_raises(text: str) -> None:
    assert isinstance(read_json(text, Shape), str | Shape)
    assert isinstance(read_json('{"value": 1, "note": "' + text, Shape), str | Shape)


def test_a_long_reply_is_quoted_from_its_start() -> None:
    assert short("x" * 1000) == repr("x" * LONGEST_QUOTE + "…")
