import dataclasses

import pytest

from grounder.adapters import load_adapter
from grounder.errors import DatasetError, VideoError
from grounder.sample import write_samples
from grounder.span import Span
from tests.training.sft.conftest import ROWS
from tests.video_factory import colour_video
from training.choice import Choice
from training.sft.sources import FileSource, Kept

ADAPTER = load_adapter("qwen3-vl")


def read(path, subjects=("ground", "caption", "verify", "qa"), adapter=ADAPTER, targets="plain"):
    return FileSource.read(path, subjects=subjects, adapter=adapter, targets=targets)


def changed(data, tmp_path, **changes):
    """Write the first row with some of it changed, beside no video but with a path to one."""
    row = dataclasses.replace(ROWS[0], **{"video": str(data.parent / "a.mp4"), **changes})
    write_samples(tmp_path / "rows.jsonl", [row])
    return tmp_path / "rows.jsonl"


def test_rows_come_in_order_and_as_often_as_they_teach(data):
    subjects = [subject for _, subject, _ in read(data).items]
    assert subjects == ["ground", "ground", "caption", "verify", "verify", "qa", "qa"]
    source = read(data, subjects=("qa", "plan"))
    assert [source[number][1] for number in range(len(source))] == ["qa", "plan"] * 2


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"video": "gone.mp4"}, DatasetError, r"Row 0: its video .*gone\.mp4 is missing"),
        (
            {"duration": 60.0, "spans": (Span(20, 30),)},
            DatasetError,
            r"lies outside .*has 6\.00 s",
        ),
        ({"task": "shots"}, DatasetError, "no rows that teach ground"),
        ({"task": "qa"}, DatasetError, "Row 0 cannot be taught: it has no question"),
    ],
)
def test_rows_that_cannot_be_taught_are_named(data, tmp_path, changes, error, said):
    with pytest.raises(error, match=said):
        read(changed(data, tmp_path, **changes))


def test_a_video_that_is_none_is_named_with_its_row(data, tmp_path):
    (tmp_path / "b.mp4").write_text("no video")
    with pytest.raises(VideoError, match="Row 0"):
        read(changed(data, tmp_path, video="b.mp4"))


def test_a_video_too_long_to_be_grounded_may_still_be_asked_about(tmp_path):
    long = load_adapter("qwen3-vl")
    short = dataclasses.replace(long, budget=dataclasses.replace(long.budget, max_frames=8))
    colour_video(tmp_path / "a.mp4", [("red", 6)], size=(64, 64), rate=5)
    write_samples(tmp_path / "rows.jsonl", ROWS)
    with pytest.raises(DatasetError, match=r"Row 0: a\.mp4 is 6\.0 s long.*at most 4 s.*spread"):
        read(tmp_path / "rows.jsonl", adapter=short)
    assert len(read(tmp_path / "rows.jsonl", subjects=("qa",), adapter=short)) == 2


def test_a_filter_chooses_what_is_taught(data, tmp_path):
    rows = [
        dataclasses.replace(ROWS[0], id=str(number), video=str(data.parent / "a.mp4"))
        for number in range(3)
    ]
    found = [dataclasses.replace(row, difficulty=float(45 * int(row.id))) for row in rows]
    path = tmp_path / "rows.jsonl"
    other = dataclasses.replace(ROWS[2], id="other")
    write_samples(path, [*found, other])  # a row of another task need not know

    def kept(**settings):
        return FileSource.read(
            path,
            subjects=("ground",),
            adapter=ADAPTER,
            targets="plain",
            kept=Kept(Choice("between", settings), 0),
        )

    assert [sample.id for sample, _, _ in kept(above=0.8).items] == ["2"]
    with pytest.raises(DatasetError, match="'between' leaves none of 3 rows"):
        kept(above=0.95)
    write_samples(path, [*found, found[2]])
    with pytest.raises(DatasetError, match=r"rows\.jsonl has 2 rows of the id '2'"):
        kept(above=0.8)
    write_samples(path, rows)
    with pytest.raises(DatasetError, match=r"Row 0 has no difficulty.*whenwhat train score ROWS"):
        kept(above=0.8)
