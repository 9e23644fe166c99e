import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grounder.cli.main import main
from grounder.errors import DatasetError
from grounder.sample import Rollouts, Sample, read_samples, write_samples
from grounder.span import Span
from scenetg.output.parquet import read_parquet, write_parquet
from tests.video_factory import colour_video

ROW = Sample("a", "a.mp4", 60.0, "a dog runs", (Span(4.0, 9.5), Span(20.0, 30.0)), "made up", "val")
Run = Callable[..., tuple[int, Any]]


@pytest.fixture
def convert(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command with --json and return its exit code and document."""

    def run(*words: object) -> tuple[int, Any]:
        with pytest.raises(SystemExit) as stop:
            main(["convert", *map(str, words), "--json"])
        return int(stop.value.code or 0), json.loads(capsys.readouterr().out)

    return run


def test_rows_go_to_a_trainer_and_come_back_as_they_were(convert: Run, tmp_path: Path) -> None:
    own, museg, back = (tmp_path / name for name in ("own.jsonl", "museg.jsonl", "back.jsonl"))
    write_samples(own, [ROW])
    code, told = convert(own, museg, "--to", "museg")
    assert (code, told) == (0, {"file": str(museg), "format": "museg", "rows": 1, "refused": []})
    assert convert(museg, back, "--from", "museg")[0] == 0
    assert back.read_bytes() == own.read_bytes()


def test_what_a_format_cannot_hold_is_told_and_the_rest_is_written(
    convert: Run, tmp_path: Path
) -> None:
    own, out = tmp_path / "own.jsonl", tmp_path / "out.json"
    one = Sample("b", "b.mp4", 60.0, "a cat sits", (Span(1, 2),), "made up")
    write_samples(own, [ROW, one])
    code, told = convert(own, out, "--to", "time-r1")
    assert (code, told["rows"]) == (0, 1)
    assert [refused["place"] for refused in told["refused"]] == ["a"]
    assert "2 spans" in told["refused"][0]["reason"]
    assert [row["qid"] for row in json.loads(out.read_text())] == ["b"]


def test_when_no_row_can_be_converted_the_file_that_was_there_stays(
    convert: Run, tmp_path: Path
) -> None:
    labels, out = tmp_path / "labels.txt", tmp_path / "out.jsonl"
    labels.write_text("AAA 1.0 2.0##a dog runs\n")
    out.write_text("precious")
    code, told = convert(labels, out, "--from", "charades-sta")
    assert code == 1
    assert told["rows"] == 0
    assert "--videos" in told["refused"][0]["reason"]
    assert told["refused"][0]["place"] == f"{labels}:1"
    assert out.read_text() == "precious"


def test_when_the_format_can_hold_no_row_the_file_that_was_there_stays(
    convert: Run, tmp_path: Path
) -> None:
    own, out = tmp_path / "own.jsonl", tmp_path / "out.json"
    write_samples(own, [ROW])
    out.write_text("precious")
    code, told = convert(own, out, "--to", "time-r1")
    assert (code, told["rows"], len(told["refused"])) == (1, 0, 1)
    assert out.read_text() == "precious"


def test_lengths_that_labels_do_not_tell_are_measured_in_the_folder_of_videos(
    convert: Run, tmp_path: Path
) -> None:
    films = tmp_path / "films" / "part-1"
    films.mkdir(parents=True)
    colour_video(films / "AAA.mp4", [("red", 3.0)], size=(64, 48))
    (films / "BBB.mp4").write_text("no video")
    labels, out = tmp_path / "labels.txt", tmp_path / "out.jsonl"
    labels.write_text("AAA 1.0 2.0##a dog runs\nBBB 1.0 2.0##a cat sits\nCCC 1 2##gone\n")
    words = (labels, out, "--from", "charades-sta", "--videos", tmp_path / "films")
    code, told = convert(*words, "--split", "test")
    assert (code, told["rows"]) == (0, 1)
    [row] = read_samples(out)
    assert (row.video, row.split) == (str(films / "AAA.mp4"), "test")
    assert row.duration == pytest.approx(3.0, abs=0.1)
    assert "no video" not in told["refused"][0]["place"]
    assert "does not tell it" in told["refused"][0]["reason"]
    assert f"is not in {tmp_path / 'films'}" in told["refused"][1]["reason"]


def test_a_video_that_could_be_two_files_is_not_guessed(convert: Run, tmp_path: Path) -> None:
    for part in ("a", "b"):
        (tmp_path / part).mkdir()
        (tmp_path / part / "a.mp4").touch()
    own = tmp_path / "own.jsonl"
    write_samples(own, [ROW])
    code, told = convert(own, tmp_path / "out.jsonl", "--videos", tmp_path)
    assert code == 1
    assert "could be" in told["refused"][0]["reason"]


def test_a_pattern_leads_from_names_to_paths(convert: Run, tmp_path: Path) -> None:
    own, out = tmp_path / "own.jsonl", tmp_path / "out.jsonl"
    write_samples(own, [ROW])
    assert convert(own, out, "--videos", "films/{}")[0] == 0
    assert [row.video for row in read_samples(out)] == ["films/a.mp4"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--from", "charades"), "charades-sta"),
        (("--to", "tacos"), "only read here"),
        (("--videos", "nowhere"), "no folder"),
    ],
)
def test_names_that_mean_nothing_are_explained(
    convert: Run, tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    own = tmp_path / "own.jsonl"
    write_samples(own, [ROW])
    code, told = convert(own, tmp_path / "out", *words)
    assert code in (1, 2)
    assert message in told["error"]["message"]


def test_a_bad_line_is_named(convert: Run, tmp_path: Path) -> None:
    own = tmp_path / "own.jsonl"
    write_samples(own, [ROW])
    own.write_text(own.read_text() + '{"id": "b"}\n')
    code, told = convert(own, tmp_path / "out.jsonl")
    assert code == 1
    assert f"{own}:2: lacks video" in told["error"]["message"]


def test_an_empty_file_is_an_error(convert: Run, tmp_path: Path) -> None:
    (tmp_path / "empty.json").write_text("[]")
    code, told = convert(tmp_path / "empty.json", tmp_path / "out", "--from", "time-r1")
    assert code == 1
    assert "holds no row" in told["error"]["message"]


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
SHARE = st.floats(0, 1)
SAMPLES = st.builds(
    Sample,
    id=TEXT,
    video=TEXT,
    duration=st.just(100.0),
    query=TEXT,
    spans=st.lists(st.just(Span(1.5, 2.25)), max_size=1).map(tuple),
    source=TEXT,
    task=st.sampled_from(["ground", "qa"]),
    question=st.none() | TEXT,
    options=st.sampled_from([(), ("yes", "no")]),
    answer=st.just("yes") | st.none(),
    difficulty=st.none() | st.floats(0, 100),
    rollouts=st.none() | st.builds(Rollouts, mean=SHARE, std=SHARE, count=st.integers(1, 64)),
    filters=st.dictionaries(TEXT, SHARE, max_size=2),
    meta=st.dictionaries(TEXT, SHARE | TEXT | st.none(), max_size=2),
)


@settings(max_examples=25)  # each writes a file, durably
@given(samples=st.lists(SAMPLES, max_size=4))
def test_any_row_survives_parquet(
    samples: list[Sample], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("rows") / "rows.parquet"
    assert write_parquet(path, samples) == len(samples)
    assert list(read_parquet(path)) == samples


def test_datasets_reads_every_field_although_the_first_row_has_few(tmp_path: Path) -> None:
    from datasets import Dataset

    asked = Sample(
        "q", "a.mp4", 60.0, "a dog", (Span(1, 2),), "s", task="qa", question="What?", options=("a", "b"), answer="a"
    )  # fmt: skip
    write_parquet(tmp_path / "rows.parquet", [ROW, asked])
    rows = Dataset.from_parquet(str(tmp_path / "rows.parquet"), cache_dir=str(tmp_path)).to_list()
    assert rows[0]["spans"] == [[4.0, 9.5], [20.0, 30.0]]
    assert rows[1]["options"] == ["a", "b"]
    assert rows[1]["question"] == "What?"


def test_a_file_that_is_no_parquet_is_named(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    path.write_text("{}")
    with pytest.raises(DatasetError, match=r"rows\.parquet.*must be a Parquet file"):
        list(read_parquet(path))


def test_real_labels_go_through_parquet_and_a_trainers_format(
    convert: Run, shared_folder: Path, tmp_path: Path
) -> None:
    formats = shared_folder / "eval" / "formats"
    if not formats.is_dir():
        pytest.skip(f"needs the annotation files of {formats}")
    files = [tmp_path / name for name in ("a.jsonl", "b.parquet", "c.jsonl", "d.jsonl")]
    code, told = convert(
        formats / "nextgqa_val.head600.csv",
        files[0],
        *("--from", "nextgqa", "--companion", formats / "nextgqa_gsub_val.json"),
    )
    assert code == 0
    assert told["rows"] > 500
    convert(files[0], files[1])
    convert(files[1], files[2], "--to", "qwen")
    convert(files[2], files[3], "--from", "qwen")
    assert files[3].read_bytes() == files[0].read_bytes()
