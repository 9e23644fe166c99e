"""Faults while indexing: whatever dies, fills up or comes twice, the index ends up as a clean one."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from grounder.errors import IndexCorrupt
from grounder.indexing import index_video
from grounder.library import Library
from tests.conftest import ROOT
from tests.tiny_encoder import TinyEncoder
from tests.video_factory import colour_video

SECONDS = 204
COLOURS = ["red", "green", "blue", "white", "black", "yellow", "navy", "orange"]


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """204 s in four chunks; cuts on both sides of the chunks' boundaries at 64, 128 and 192 s."""
    lengths = [63.8, 0.4, 63.6, 0.8, 63.2, 0.4, 2.6, 1.2, 2.0, 6.0]
    scenes = [(COLOURS[i % len(COLOURS)], length) for i, length in enumerate(lengths)]
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    return colour_video(path, scenes, size=(96, 64), rate=5, keyframe_every=35)


@pytest.fixture(scope="session")
def clean(film: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    library = Library.open(tmp_path_factory.mktemp("clean"))
    index_video(library, film, encoder=TinyEncoder())
    return content_of(library.folder)


def content_of(folder: Path) -> dict[str, Any]:
    """Everything that must not depend on how often indexing was interrupted."""
    with Library.open(folder) as library:
        (video,) = library.videos()
        (track,) = video.tracks
        arrays = library.tracks.arrays(track)
        library.tracks.check(track)
        return {
            "done": track.done,
            "rows": track.rows,
            "duration": video.duration,
            "cuts": library.tracks.cuts(track),
            "scenes": library.tracks.scenes(track),
            "vectors": arrays.vectors_path.read_bytes(),
            "times": arrays.times_path.read_bytes(),
            "folders": len(list((folder / "embeddings").glob("*/*"))),
        }


def start(library: Path, film: Path, *options: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.indexing_process", str(library), str(film), *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)


def finish(library: Path, film: Path, *options: str) -> str:
    process = start(library, film, *options)
    output, _ = process.communicate(timeout=100)
    assert process.returncode == 0, output
    return output


def test_the_clean_index_has_cuts_on_both_sides_of_a_boundary(clean: dict[str, Any]) -> None:
    assert clean["rows"] == SECONDS
    assert [cut for cut in clean["cuts"] if 63 < cut < 65] == pytest.approx([63.8, 64.2])


@pytest.mark.parametrize(
    "die",
    [
        "picture:30",
        "chunk:3",
        "append:4",
        *(pytest.param(die, marks=pytest.mark.slow) for die in ("append:1", "append:3", "chunk:1")),
    ],
)
def test_killed_at_any_stage_it_resumes_to_the_same_bytes(
    film: Path, clean: dict[str, Any], tmp_path: Path, die: str
) -> None:
    process = start(tmp_path, film, "--die", die)
    process.communicate(timeout=100)
    assert process.returncode == -signal.SIGKILL
    index_video(Library.open(tmp_path), film, encoder=TinyEncoder())
    assert content_of(tmp_path) == clean


def test_a_rate_whose_slots_cross_the_boundaries_resumes_to_the_same_bytes(
    film: Path, tmp_path: Path
) -> None:
    folders = tmp_path / "clean", tmp_path / "killed"
    # The boundary at 60 s lies inside a slot, whose picture was taken before it, at 59.6 s.
    start(folders[1], film, "--rate", "1.21", "--die", "chunk:1").communicate(timeout=100)
    for folder in folders:
        index_video(Library.open(folder), film, encoder=TinyEncoder(), rate=1.21)
    assert content_of(folders[1]) == content_of(folders[0])


@pytest.mark.slow
def test_a_real_film_with_b_frames_resumes_to_the_same_bytes(
    shared_videos: Path, tmp_path: Path
) -> None:
    film = shared_videos / "caminandes3_llamigos.mp4"
    index_video(Library.open(tmp_path / "clean"), film, encoder=TinyEncoder())
    start(tmp_path / "killed", film, "--die", "append:2").communicate(timeout=100)
    index_video(Library.open(tmp_path / "killed"), film, encoder=TinyEncoder())
    assert content_of(tmp_path / "killed") == content_of(tmp_path / "clean")


def test_what_was_stored_is_not_done_again(film: Path, tmp_path: Path) -> None:
    start(tmp_path, film, "--die", "chunk:3").communicate(timeout=100)
    encoder = TinyEncoder()
    index_video(Library.open(tmp_path), film, encoder=encoder)
    assert encoder.pictures == SECONDS - 192
    encoder = TinyEncoder()
    index_video(Library.open(tmp_path), film, encoder=encoder)
    assert encoder.pictures == 0


@pytest.mark.slow
def test_killed_at_random_moments_it_resumes_to_the_same_bytes(
    film: Path, clean: dict[str, Any], tmp_path: Path
) -> None:
    chance = random.Random(11)
    deaths = 0
    for _ in range(3):
        process = start(tmp_path, film, "--pause", "0.3", "--keyframes-first")
        time.sleep(chance.uniform(0.6, 2.4))
        process.kill()
        process.communicate()
        deaths += process.returncode == -signal.SIGKILL
    assert deaths > 0
    index_video(Library.open(tmp_path), film, encoder=TinyEncoder(), keyframes_first=True)
    assert content_of(tmp_path) == clean


def test_killed_in_the_keyframe_pass_it_resumes_to_the_same_bytes(
    film: Path, clean: dict[str, Any], tmp_path: Path
) -> None:
    start(tmp_path, film, "--keyframes-first", "--die", "append:1").communicate(timeout=100)
    start(tmp_path, film, "--keyframes-first", "--die", "chunk:1").communicate(timeout=100)
    with Library.open(tmp_path) as library:
        (video,) = library.videos()
        assert not library.open_index(video.video_id, TinyEncoder()).complete
        assert library.nearest("tiny:colours", TinyEncoder().encode_texts(["red"])[0], 3)
    index_video(Library.open(tmp_path), film, encoder=TinyEncoder(), keyframes_first=True)
    assert content_of(tmp_path) == clean


@pytest.mark.parametrize(("dim", "limit"), [(4096, 700_000), (16, 150_000)])
def test_a_full_disk_is_told_clearly_and_nothing_is_lost(
    film: Path, tmp_path: Path, dim: int, limit: int
) -> None:
    """At 4096 dimensions the arrays hit the limit first, at 16 the database does."""
    options = ["--dim", str(dim), "--keyframes-first"]
    process = start(tmp_path, film, *options, "--limit", str(limit))
    output, _ = process.communicate(timeout=100)
    assert process.returncode == 1
    assert "LibraryError" in output
    assert "free some space" in output
    finish(tmp_path, film, *options)
    index_video(Library.open(tmp_path / "clean"), film, encoder=TinyEncoder(dim=dim))
    assert content_of(tmp_path) == content_of(tmp_path / "clean")


def test_two_processes_index_the_same_video_once(
    film: Path, clean: dict[str, Any], tmp_path: Path
) -> None:
    first = start(tmp_path, film, "--pause", "0.3")
    second = start(tmp_path, film, "--pause", "0.3")
    outputs = [process.communicate(timeout=100)[0] for process in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0)
    assert sorted(outputs) == [f"pictures {SECONDS}\n", "waiting\npictures 0\n"]
    assert content_of(tmp_path) == clean


def test_two_processes_index_two_videos_into_one_library(film: Path, tmp_path: Path) -> None:
    other = colour_video(tmp_path / "other.mp4", [("red", 70), ("blue", 70)], size=(96, 64), rate=5)
    folder = tmp_path / "library"
    processes = [start(folder, video, "--pause", "0.1") for video in (film, other)]
    outputs = [process.communicate(timeout=100)[0] for process in processes]
    assert outputs == [f"pictures {SECONDS}\n", "pictures 140\n"]
    with Library.open(folder) as library:
        assert sorted(video.duration for video in library.videos()) == [140.0, SECONDS]
        hits = library.nearest("tiny:colours", TinyEncoder().encode_texts(["red"])[0], 400)
        assert len(hits) == SECONDS + 140


def test_arrays_cut_short_behind_our_back_stop_a_resumed_run(film: Path, tmp_path: Path) -> None:
    start(tmp_path, film, "--die", "chunk:2").communicate(timeout=100)
    with Library.open(tmp_path) as library:
        (track,) = library.videos()[0].tracks
        file = library.tracks.arrays(track).vectors_path
        file.write_bytes(file.read_bytes()[:100])
        with pytest.raises(IndexCorrupt, match=r"whenwhat rm"):
            index_video(library, film, encoder=TinyEncoder())
