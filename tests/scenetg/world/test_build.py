import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from grounder.errors import DatasetError
from grounder.sample import read_samples
from grounder.video import Video
from scenetg import world_cli
from scenetg.world import LEVELS, SPLITS
from scenetg.world.build import Settings, build, finished_seeds, video_path, write_rows
from scenetg.world.rows import Wanted
from scenetg.world.seeds import split_of
from scenetg.world_cli import world

SMALL = Settings(length=8, level="easy", width=64, height=64, rate=5, srt=True)
APP = typer.Typer()
APP.command()(world)
ARGUMENTS = ["--length", "8", "--level", "easy", "--size", "64x64", "--rate", "5"]


def test_what_is_finished_is_kept_and_what_is_missing_is_made(tmp_path: Path) -> None:
    told: list[float] = []
    assert build(tmp_path, SMALL, [0, 1, 2], progress=told.append) == 3
    assert told == sorted(told)
    assert told[-1] == 3
    kept = {seed: video_path(tmp_path, seed).stat().st_mtime_ns for seed in (0, 2)}
    first = video_path(tmp_path, 1).read_bytes()
    video_path(tmp_path, 1).unlink()
    # What a killed run leaves behind must not pass for a video.
    video_path(tmp_path, 1).with_name(".world-1.0a1b2c3d.mp4").write_bytes(first[:100])
    assert build(tmp_path, SMALL, [0, 1, 2]) == 1
    assert video_path(tmp_path, 1).read_bytes() == first
    assert {seed: video_path(tmp_path, seed).stat().st_mtime_ns for seed in (0, 2)} == kept
    assert len(list(tmp_path.rglob("world-*.mp4"))) == 3


def test_two_processes_make_the_same_files_as_one(tmp_path: Path) -> None:
    for folder, workers in (("one", 1), ("two", 2)):
        build(tmp_path / folder, SMALL, [0, 1], workers=workers)
    for seed in (0, 1):
        files = [video_path(tmp_path / folder, seed).read_bytes() for folder in ("one", "two")]
        assert files[0] == files[1]


def test_rows_name_videos_that_are_there_and_lie_inside_them(tmp_path: Path) -> None:
    build(tmp_path, SMALL, [0, 9])
    assert finished_seeds(tmp_path, "train") == [0]
    assert write_rows(tmp_path, SMALL, "test", Wanted(said=1)) > 0
    samples = list(read_samples(tmp_path / "test.jsonl"))
    assert len({sample.id for sample in samples}) == len(samples)
    for sample in samples:
        assert sample.split == split_of(sample.meta["seed"]) == "test"
        with Video.open(tmp_path / sample.video) as video:
            assert sample.duration == pytest.approx(video.duration, abs=0.01)


def test_a_folder_begun_with_other_settings_is_refused(tmp_path: Path) -> None:
    build(tmp_path, SMALL, [])
    other = Settings(length=9, level="easy", width=64, height=64, rate=5, srt=True)
    with pytest.raises(DatasetError, match="Use the same settings or another folder"):
        build(tmp_path, other, [])


def test_the_command_renders_rows_of_the_split_asked_for(tmp_path: Path) -> None:
    command = [str(tmp_path), *ARGUMENTS, "--split", "validation", "--count", "2", "--json"]
    result = CliRunner().invoke(APP, command)
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert document["rendered"] == document["videos"] == 2
    samples = list(read_samples(Path(document["file"])))
    assert len(samples) == document["rows"]
    assert {sample.meta["seed"] for sample in samples} == {8, 18}
    again = CliRunner().invoke(APP, command)
    assert json.loads(again.stdout) == document | {"rendered": 0}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--size", "63x64"], "is no size"),
        (["--size", "big"], "is no size"),
        (["--length", "1"], "cannot last"),
        (["--length", "nan"], "cannot last"),
        (["--level", "absurd"], "Known: nano"),
        (["--split", "dev"], "No split is called"),
    ],
)
def test_a_wrong_command_line_makes_nothing(
    arguments: list[str], message: str, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    result = CliRunner().invoke(APP, [str(folder), *arguments], env={"COLUMNS": "300"})
    assert result.exit_code == 2
    assert message in result.stderr
    assert not folder.exists()


def test_other_settings_end_the_command_with_a_message(tmp_path: Path) -> None:
    build(tmp_path, SMALL, [])
    result = CliRunner().invoke(APP, [str(tmp_path), "--length", "20"])
    assert result.exit_code == 1
    assert "another folder" in result.stderr


def test_queries_can_be_of_some_kinds_once_and_plain(tmp_path: Path) -> None:
    asked = ["--count", "2", "--kinds", "action", "--most-spans", "1", "--plain"]
    assert CliRunner().invoke(APP, [str(tmp_path), *asked, *ARGUMENTS]).exit_code == 0
    found = [row for row in read_samples(tmp_path / "train.jsonl") if row.task == "ground"]
    assert {row.meta["kind"] for row in found} == {"action", "absent action"}
    assert {len(row.spans) for row in found} == {0, 1}
    wrong = CliRunner().invoke(APP, [str(tmp_path), "--kinds", "dance", *ARGUMENTS])
    assert wrong.exit_code == 2
    assert "no kind of query" in wrong.output


def test_the_help_names_what_there_is() -> None:
    assert ", ".join(LEVELS) == world_cli.LEVELS
    assert ", ".join(SPLITS) == world_cli.SPLITS
