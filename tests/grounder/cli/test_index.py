"""whenwhat index, ls and rm, run in this process through the real program."""

import json
from pathlib import Path

import pytest

import grounder.encoders
from grounder.cli.main import main
from tests.tiny_encoder import TinyEncoder
from tests.video_factory import colour_video


def run(*words: object) -> int:
    with pytest.raises(SystemExit) as stop:
        main([str(word) for word in words])
    return int(stop.value.code or 0)


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Real models take seconds to load; which one it is does not matter here."""
    monkeypatch.setattr(grounder.encoders, "load_encoder", lambda spec: TinyEncoder(name=spec))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "films"
    (folder / "deep").mkdir(parents=True)
    colour_video(folder / "a.mp4", [("red", 3.0)], size=(96, 64))
    colour_video(folder / "deep" / "b.mkv", [("blue", 4.0)], size=(96, 64))
    (folder / "notes.txt").write_text("not a video, not looked at")
    return folder


@pytest.mark.usefixtures("tiny")
def test_a_folder_is_walked_listed_and_removed(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--library", tmp_path / "library"]
    assert run("index", folder, "--encoder", "conse", "--json", *options) == 0
    made = json.loads(capsys.readouterr().out)["videos"]
    assert [(Path(video["path"]).name, video["complete"]) for video in made] == [
        ("a.mp4", True),
        ("b.mkv", True),
    ]
    assert run("ls", *options) == 0
    assert "a.mp4" in capsys.readouterr().out
    assert run("rm", folder / "a.mp4", *options) == 0
    capsys.readouterr()
    assert run("ls", "--json", *options) == 0
    (left,) = json.loads(capsys.readouterr().out)["videos"]
    assert left["video_id"] == made[1]["video_id"]
    assert left["indexes"][0]["complete"]
    assert left["indexes"][0]["encoder"] == "conse"


@pytest.mark.usefixtures("tiny")
def test_what_was_removed_is_told_as_json(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--library", tmp_path / "library", "--json"]
    run("index", folder / "a.mp4", "--encoder", "conse", *options)
    (video,) = json.loads(capsys.readouterr().out)["videos"]
    assert run("rm", folder / "a.mp4", *options) == 0
    assert json.loads(capsys.readouterr().out) == {"removed": [video["video_id"]]}


def test_a_place_that_can_hold_no_library_has_a_remedy(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library = Path("/proc/no-library")
    assert run("index", folder / "a.mp4", "--encoder", "conse", "--library", library) == 1
    assert "--library" in capsys.readouterr().err


@pytest.mark.usefixtures("tiny")
def test_a_bad_file_is_reported_and_the_rest_goes_on(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "broken.mp4").write_text("no video")
    options = ["--library", tmp_path / "library", "--encoder", "conse"]
    assert run("index", folder, *options) == 1
    told = capsys.readouterr()
    assert "broken.mp4" in told.err
    assert "a.mp4" in told.out
    assert "b.mkv" in told.out


def test_a_folder_without_videos_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".half-written.mp4").write_bytes(b"ftyp")
    assert run("index", tmp_path, "--encoder", "conse", "--library", tmp_path / "library") == 1
    assert "Looked for" in capsys.readouterr().err


@pytest.mark.usefixtures("tiny")
def test_removing_what_is_not_there_removes_nothing(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--library", tmp_path / "library"]
    run("index", folder / "a.mp4", "--encoder", "conse", *options)
    assert run("rm", folder / "a.mp4", "beef", *options) == 1
    capsys.readouterr()
    run("ls", "--json", *options)
    assert len(json.loads(capsys.readouterr().out)["videos"]) == 1


def test_a_mistyped_library_is_told_and_not_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in (["ls"], ["rm", "beef"]):
        assert run(*words, "--library", tmp_path / "typo") == 1
        assert "There is no library in" in capsys.readouterr().err
        assert not (tmp_path / "typo").exists()


@pytest.mark.usefixtures("tiny")
def test_a_name_with_a_line_break_is_one_row_of_the_list(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film = (folder / "a.mp4").rename(folder / "a\nforged  row.mp4")
    options = ["--library", tmp_path / "library"]
    run("index", film, "--encoder", "conse", *options)
    capsys.readouterr()
    assert run("ls", *options) == 0
    assert capsys.readouterr().out.count("\n") == 1
