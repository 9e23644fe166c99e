"""The line without a model: what it writes, what it leaves out and says, and what it does not do twice."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from grounder.errors import BuildError
from scenetg.store.record import candidate_record, read_candidate
from scenetg.store.store import open_store
from tests.scenetg.line.films import build_films, film, written
from tests.tiny_encoder import TinyEncoder
from tests.video_factory import audio_file, cut_file


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("videos")
    for seed in range(3):
        film(folder / f"film-{seed}.mp4", seed)
    return folder


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def manifest(out: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    return document


def test_scenes_come_out_at_their_true_cuts(videos: Path, tmp_path: Path) -> None:
    build_films([videos / "film-0.mp4"], tmp_path)
    for one in lines(tmp_path / "candidates.jsonl"):
        assert one["kind"] == "scene"
        assert [round(second, 2) % 5 for second in one["span"]] == [0, 0]
        assert one["filters"]["lookalike"] <= 0.9
        assert candidate_record(read_candidate(one)) == one


def test_every_scene_is_kept_or_has_its_reason(videos: Path, tmp_path: Path) -> None:
    built = build_films([videos], tmp_path).built
    kept = {one["id"] for one in lines(tmp_path / "candidates.jsonl")}
    gone = {one["candidate"]["id"]: one for one in lines(tmp_path / "rejected.jsonl")}
    assert kept
    assert gone
    assert not kept & set(gone)
    scenes = next(tally for tally in built.tallies if tally.stage == "scenes")
    of_scenes = [one for one in (*kept, *gone) if "-e" not in one]
    assert len(of_scenes) == scenes.kept + sum(scenes.rejected.values())
    for one in gone.values():
        assert one["stage"]
        assert one["reason"]
        assert one["value"] > one["limit"]


def test_rows_are_in_order_of_id_whatever_the_order_of_names(videos: Path, tmp_path: Path) -> None:
    build_films([videos], tmp_path / "a")
    build_films([videos / f"film-{n}.mp4" for n in (2, 0, 1)], tmp_path / "b")
    assert written(tmp_path / "a") == written(tmp_path / "b")
    ids = [one["id"] for one in lines(tmp_path / "a" / "candidates.jsonl")]
    assert ids == sorted(ids)


def test_nothing_is_decoded_twice(videos: Path, tmp_path: Path) -> None:
    encoder = TinyEncoder()
    build_films([videos], tmp_path, encoder=encoder)
    seen, before = encoder.pictures, written(tmp_path)
    again = build_films([videos], tmp_path, encoder=encoder)
    assert encoder.pictures == seen > 0
    assert written(tmp_path) == before
    assert [work.videos for work in again.throughput.stages] == [0] * 6


@pytest.mark.parametrize(
    ("change", "rerun"),
    [
        ("events.change=0.5", {"events"}),
        ("duplicates.most=0.5", {"duplicates", "events"}),
        ("sharpness.least=1.9", {"sharpness", "duplicates", "events"}),
        ("sharpness.least=0.0001", {"sharpness"}),  # to the same result: nothing after it runs
        ("scenes.longest=4", {"scenes", "sharpness", "duplicates", "events"}),
        ("probe.shortest=10", set()),
        ("describe.frames=4", set()),
    ],
)
def test_a_changed_setting_runs_only_what_depends_on_it(
    videos: Path, tmp_path: Path, change: str, rerun: set[str]
) -> None:
    encoder = TinyEncoder()
    build_films([videos / "film-0.mp4"], tmp_path, encoder=encoder)
    seen = encoder.pictures
    again = build_films([videos / "film-0.mp4"], tmp_path, change, encoder=encoder)
    assert {work.stage for work in again.throughput.stages if work.videos} == rerun
    assert encoder.pictures == seen


def test_another_rate_decodes_anew_and_keeps_one_pass(videos: Path, tmp_path: Path) -> None:
    encoder = TinyEncoder()
    build_films([videos / "film-0.mp4"], tmp_path, encoder=encoder)
    build_films([videos / "film-0.mp4"], tmp_path, "shots.rate=1", encoder=encoder)
    assert encoder.pictures == 80 + 40
    with open_store(tmp_path) as store:
        assert len(store.passes._database.rows("SELECT id FROM passes")) == 1


def test_a_video_added_later_is_the_only_one_decoded(videos: Path, tmp_path: Path) -> None:
    encoder = TinyEncoder()
    build_films([videos / "film-0.mp4", videos / "film-1.mp4"], tmp_path / "a", encoder=encoder)
    seen = encoder.pictures
    build_films([videos], tmp_path / "a", encoder=encoder)
    assert encoder.pictures == seen + 80
    build_films([videos], tmp_path / "b")
    assert written(tmp_path / "a") == written(tmp_path / "b")


def test_a_copy_under_another_name_is_taken_once(videos: Path, tmp_path: Path) -> None:
    shutil.copy(videos / "film-0.mp4", tmp_path / "a.mp4")
    shutil.copy(videos / "film-0.mp4", tmp_path / "b.mp4")
    built = build_films([tmp_path], tmp_path / "out").built
    assert [source.copies for source in built.sources] == [(tmp_path / "b.mp4",)]
    (video,) = manifest(tmp_path / "out")["videos"]
    assert (video["path"], video["copies"]) == (str(tmp_path / "a.mp4"), [str(tmp_path / "b.mp4")])


def test_a_video_that_moved_keeps_its_work_and_its_rows_the_new_path(
    videos: Path, tmp_path: Path
) -> None:
    encoder = TinyEncoder()
    old = Path(shutil.copy(videos / "film-0.mp4", tmp_path / "old.mp4"))
    build_films([old], tmp_path / "out", encoder=encoder)
    seen = encoder.pictures
    new = old.rename(tmp_path / "new.mp4")
    build_films([new], tmp_path / "out", encoder=encoder)
    assert encoder.pictures == seen
    paths = {one["video"] for one in lines(tmp_path / "out" / "candidates.jsonl")}
    assert paths == {str(new)}


def test_a_broken_video_is_set_aside_and_the_rest_goes_on(videos: Path, tmp_path: Path) -> None:
    shutil.copy(videos / "film-0.mp4", tmp_path / "good.mp4")
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("no video")
    audio_file(tmp_path / "sound.mp4")
    cut_file(videos / "film-1.mp4", tmp_path / "cut.mp4", keep=0.5)
    dataset = build_films([tmp_path], tmp_path / "out")
    states = {Path(v["path"]).name: v for v in manifest(tmp_path / "out")["videos"]}
    assert states["good.mp4"]["status"] == "used"
    for name, reason in (("empty", "0 bytes"), ("text", "Cannot open"), ("sound", "no video")):
        assert states[f"{name}.mp4"]["status"] == "quarantined"
        assert reason in states[f"{name}.mp4"]["reason"]
    assert states["cut.mp4"]["status"] == "quarantined"
    assert dataset.built.candidates
    assert {one["video"] for one in lines(tmp_path / "out" / "candidates.jsonl")} == {
        str(tmp_path / "good.mp4")
    }


def test_an_unreadable_file_is_told_and_left_out(videos: Path, tmp_path: Path) -> None:
    shutil.copy(videos / "film-0.mp4", tmp_path / "good.mp4")
    (tmp_path / "gone.mp4").symlink_to(tmp_path / "nowhere.mp4")
    (unreadable,) = build_films([tmp_path], tmp_path / "out").built.unreadable
    assert unreadable.path.name == "gone.mp4"
    assert "No such file" in unreadable.reason


def test_a_short_video_is_left_out_with_its_reason(tmp_path: Path) -> None:
    film(tmp_path / "short.mp4", 0, seconds=1.0, scenes=2)
    dataset = build_films([tmp_path], tmp_path / "out")
    (video,) = manifest(tmp_path / "out")["videos"]
    assert video["status"] == "video too short"
    assert dataset.built.candidates == ()
    assert build_films([tmp_path], tmp_path / "out", "probe.shortest=1").built.durations


def test_a_video_shorter_than_a_scene_gives_a_reason_for_its_one_scene(tmp_path: Path) -> None:
    film(tmp_path / "short.mp4", 0, seconds=2.0, scenes=1)
    build_films([tmp_path], tmp_path / "out", "probe.shortest=1")
    (gone,) = lines(tmp_path / "out" / "rejected.jsonl")
    assert (gone["stage"], gone["reason"]) == ("scenes", "scene too short")


def test_no_video_at_all_is_an_error_that_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"No video in .*\.mp4"):
        build_films([tmp_path], tmp_path / "out")


def test_a_second_process_is_refused(videos: Path, tmp_path: Path) -> None:
    with open_store(tmp_path), pytest.raises(BuildError, match="Another process"):
        build_films([videos], tmp_path)


def test_a_failure_is_tried_again_only_when_asked(tmp_path: Path) -> None:
    (tmp_path / "bad.mp4").write_text("no video")
    build_films([tmp_path], tmp_path / "out")
    again = build_films([tmp_path], tmp_path / "out")
    assert again.throughput.stages[0].videos == 0
    with open_store(tmp_path / "out") as store:
        assert store.passes._database.rows("SELECT * FROM failures")
        store.release_all()
        assert not store.passes._database.rows("SELECT * FROM failures")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_told(videos: Path, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(BuildError, match="cannot be written"):
        build_films([videos], tmp_path / "out")


def test_a_damaged_store_is_told_not_overwritten(videos: Path, tmp_path: Path) -> None:
    (tmp_path / "work.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(BuildError, match="damaged"):
        build_films([videos], tmp_path)
    assert (tmp_path / "work.sqlite").read_bytes().startswith(b"no database")


def test_videos_that_are_not_named_any_more_are_told(tmp_path: Path) -> None:
    one, other = film(tmp_path / "a.mp4", 1), film(tmp_path / "b.mp4", 2)
    assert build_films([one, other], tmp_path / "out").unnamed == []
    assert build_films([one], tmp_path / "out").unnamed == [str(other)]
    assert build_films([one, other], tmp_path / "out").unnamed == []
