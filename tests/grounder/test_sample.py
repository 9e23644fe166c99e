from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grounder.errors import DatasetError
from grounder.sample import (
    Rollouts,
    Sample,
    from_row,
    read_distinct,
    read_samples,
    to_row,
    write_samples,
)
from grounder.span import Span

DURATION = 100.0
TEXT = st.text(min_size=1, max_size=20)
SPANS = st.lists(
    st.tuples(st.floats(0, 49), st.floats(50, DURATION)).map(lambda ends: Span(*ends)), max_size=3
).map(tuple)
SHARE = st.floats(0, 1)
SAMPLES = st.builds(
    Sample,
    id=TEXT,
    video=TEXT,
    duration=st.just(DURATION),
    query=TEXT,
    spans=SPANS,
    source=TEXT,
    split=st.sampled_from(["train", "validation", "test"]),
    license=st.just("CC0-1.0"),
    task=st.sampled_from(["ground", "caption", "verify", "qa", "shots"]),
    question=st.none() | TEXT,
    options=st.just(("yes", "no")),
    answer=st.sampled_from([None, "yes", "no"]),
    difficulty=st.none() | st.floats(0, 100),
    rollouts=st.none() | st.builds(Rollouts, mean=SHARE, std=SHARE, count=st.integers(1, 64)),
    scene_id=st.none() | TEXT,
    filters=st.dictionaries(TEXT, SHARE, max_size=2),
    meta=st.dictionaries(TEXT, st.integers() | TEXT | st.lists(TEXT), max_size=2),
)


@given(sample=SAMPLES)
def test_a_row_survives_its_json_form(sample: Sample) -> None:
    assert from_row(to_row(sample)) == sample


@given(samples=st.lists(SAMPLES, max_size=4))
def test_rows_survive_a_file(
    samples: list[Sample], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    assert write_samples(path, samples) == len(samples)
    assert list(read_samples(path)) == samples
    assert [entry.name for entry in path.parent.iterdir()] == ["rows.jsonl"]


def test_fields_that_hold_nothing_are_left_out() -> None:
    sample = Sample("1", "a.mp4", 9.0, "a dog barks", (Span(1, 2),), "made up")
    assert to_row(sample) == {
        "id": "1",
        "video": "a.mp4",
        "duration": 9.0,
        "query": "a dog barks",
        "spans": [[1, 2]],
        "source": "made up",
        "split": "train",
        "task": "ground",
    }
    assert not sample.absent
    assert from_row(to_row(sample) | {"spans": []}).absent


GOOD = '{"id": "1", "video": "a.mp4", "duration": 9, "query": "q", "spans": [[1, 2]], "source": "s"'


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("not json", "Expecting value"),
        ("[1, 2]", "is list, no JSON object"),
        ('{"id": "1"}', "lacks video, duration, query, spans, source"),
        (GOOD + ', "colour": 1}', "unknown fields colour"),
        (GOOD + ', "spans": [[3, 2]]}', "start must be below end"),
        (GOOD + ', "spans": [[3, 20]]}', "outside the video of 9.0 s"),
        (GOOD + ', "spans": [3, 20]}', "wrong form"),
        (GOOD + ', "spans": null}', "wrong form"),
        (GOOD + ', "duration": 0}', "seconds above 0"),
        (GOOD + ', "duration": NaN}', "seconds above 0"),
        (GOOD + ', "task": "sing"}', "known: ground, caption"),
        (GOOD + ', "options": ["a"], "answer": "b"}', "none of the options"),
        (GOOD + ', "rollouts": {"mean": 1}}', "wrong form"),
    ],
)
def test_a_bad_line_is_named_with_its_file_and_number(
    line: str, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(f"{GOOD}}}\n\n{line}\n", encoding="utf-8")
    rows = read_samples(path)
    assert next(rows).id == "1"
    with pytest.raises(DatasetError, match=message) as caught:
        next(rows)
    assert f"{path}:3:" in str(caught.value)


def test_a_missing_or_binary_file_is_an_error_too(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="Cannot read"):
        list(read_samples(tmp_path / "none.jsonl"))
    (tmp_path / "video.mp4").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DatasetError, match="must be a UTF-8 JSONL file"):
        list(read_samples(tmp_path / "video.mp4"))


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    good = Sample("1", "a.mp4", 9.0, "q", (), "s")
    write_samples(path, [good])
    bad = Sample("2", "a.mp4", 9.0, "q", (), "s", difficulty=float("nan"))
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_samples(path, [good, bad])
    assert list(read_samples(path)) == [good]


def test_rows_that_share_an_id_are_read_unless_it_must_be_their_own(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    one, two = (Sample(name, "a.mp4", 9.0, "a dog", (), "test") for name in "ab")
    write_samples(path, [one, two, one])
    assert len(list(read_samples(path))) == 3
    with pytest.raises(DatasetError, match=r"rows\.jsonl has 2 rows of the id 'a'; 1 ids"):
        read_distinct(path)
    write_samples(path, [one, two])
    assert read_distinct(path) == [one, two]
