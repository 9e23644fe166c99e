"""The library: files known by content, indexes opened or refused with a remedy."""

import os
import shutil
from pathlib import Path

import pytest

from grounder.errors import EncoderMismatch, IndexCorrupt, IndexMissing, LibraryError, VideoError
from grounder.library import Library
from grounder.video.decoder import Size, VideoFacts
from tests.grounder.library.test_neighbours import add, unit
from tests.tiny_encoder import TinyEncoder

FACTS = VideoFacts(3.0, Size(64, 36), 25.0, "h264", "mp4", False, (), False)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library.open(tmp_path / "library")


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.mp4"
    path.write_bytes(b"the bytes of a film")
    return path


def index(library: Library, path: Path, *, encoder: str = "tiny:colours") -> str:
    video_id = library.files.identify(path)
    add(library, video_id, unit(seed=1), encoder=encoder)
    return video_id


def tiny() -> TinyEncoder:
    return TinyEncoder(dim=8)


def test_two_names_of_one_file_are_one_video(library: Library, film: Path) -> None:
    video_id = index(library, film)
    copy = film.with_name("copy.mp4")
    shutil.copy(film, copy)
    assert library.find(copy).video_id == video_id
    assert library.find(film).paths == (film, copy)


def test_a_moved_file_is_found_under_its_new_and_its_old_name(library: Library, film: Path) -> None:
    video_id = index(library, film)
    moved = film.rename(film.with_name("moved.mp4"))
    assert library.find(film).video_id == video_id
    assert library.find(moved).video_id == video_id
    assert library.open_index(video_id, tiny()).path == moved


def test_a_name_that_is_no_text_is_a_clear_error(library: Library, film: Path) -> None:
    strange = film.rename(film.with_name("caf\udce9.mp4"))
    with pytest.raises(VideoError, match="UTF-8"):
        library.files.identify(strange)
    with pytest.raises(VideoError, match="UTF-8"):
        library.find(strange)


def test_two_files_of_one_name_are_two_videos(library: Library, film: Path) -> None:
    other = film.parent / "elsewhere" / "film.mp4"
    other.parent.mkdir()
    other.write_bytes(b"another film")
    assert index(library, film) != index(library, other)
    assert library.find(other).path == other


def test_a_file_that_was_overwritten_is_another_video(library: Library, film: Path) -> None:
    video_id = index(library, film)
    film.write_bytes(b"the new cut of the film")
    with pytest.raises(IndexMissing, match=r"whenwhat index"):
        library.find(film)
    assert library.find(video_id).paths == ()
    with pytest.raises(VideoError, match=r"knows no file"):
        library.open_index(video_id, tiny())


def test_asking_again_does_not_read_the_file_again(library: Library, film: Path) -> None:
    video_id = library.files.identify(film)
    status = film.stat()
    film.write_bytes(b"THE BYTES OF A FILM")  # same size; the time is put back below
    os.utime(film, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert library.files.identify(film) == video_id


def test_a_file_overwritten_by_one_of_the_same_size_is_another_video(
    library: Library, film: Path
) -> None:
    video_id = library.files.identify(film)
    status = film.stat()
    film.write_bytes(film.read_bytes()[::-1])
    os.utime(film, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    assert library.files.identify(film) != video_id


def test_a_missing_file_is_named(library: Library, tmp_path: Path) -> None:
    with pytest.raises(VideoError, match=r"absent\.mp4: No such file"):
        library.files.identify(tmp_path / "absent.mp4")


def test_ids_may_be_shortened_until_they_are_ambiguous(library: Library) -> None:
    for video_id in ("abcd11", "abcd22"):
        add(library, video_id, unit(seed=1))
    assert library.find("abcd1").video_id == "abcd11"
    with pytest.raises(LibraryError, match=r"2 video ids"):
        library.find("abcd")
    with pytest.raises(IndexMissing):
        library.find("abc")


def test_removing_deletes_rows_and_files_but_not_the_video(library: Library, film: Path) -> None:
    video_id = index(library, film)
    library.remove(video_id)
    assert library.videos() == []
    assert not list((library.folder / "embeddings").rglob("*.f16"))
    assert film.exists()
    with pytest.raises(IndexMissing):
        library.remove(video_id)


def test_an_index_of_another_encoder_is_refused_with_its_name(library: Library, film: Path) -> None:
    video_id = index(library, film, encoder="other")
    with pytest.raises(EncoderMismatch, match=r"made by other, not by tiny:colours.*--encoder"):
        library.open_index(video_id, tiny())


def test_a_damaged_index_is_refused_with_the_remedy(library: Library, film: Path) -> None:
    video_id = index(library, film)
    (track,) = library.tracks.of_video(video_id)
    file = library.tracks.arrays(track).times_path
    file.write_bytes(file.read_bytes()[::-1])
    with pytest.raises(IndexCorrupt, match=r"whenwhat rm"):
        library.open_index(video_id, tiny())


def test_an_index_that_was_only_begun_cannot_be_searched(library: Library, film: Path) -> None:
    from grounder.library import Chunk, Plan

    video_id = library.files.identify(film)
    library.tracks.admit(video_id, FACTS)
    track = library.tracks.begin(video_id, Plan("tiny:colours", 8, 1.0, "adaptive", "pyav"), {})
    library.tracks.commit(track, Chunk(2.0, 1.0, [0.0, 1.0], [], False), unit(seed=1, count=2))
    with pytest.raises(IndexMissing, match=r"stopped at 2 s.*whenwhat index.*again"):
        library.open_index(video_id, tiny())
    with pytest.raises(IndexMissing):
        library.nearest("tiny:colours", unit(seed=1)[0], 1)


def test_a_track_begun_by_other_versions_is_begun_anew(library: Library, film: Path) -> None:
    from grounder.library import Chunk, Plan

    video_id = library.files.identify(film)
    library.tracks.admit(video_id, FACTS)
    plan = Plan("tiny:colours", 8, 1.0, "adaptive", "pyav")
    track = library.tracks.begin(video_id, plan, {"av": "1"})
    library.tracks.commit(track, Chunk(2.0, 1.0, [0.0], [0.5], False), unit(seed=1, count=1))
    assert library.tracks.begin(video_id, plan, {"av": "1"}).rows == 1
    assert library.tracks.begin(video_id, plan, {"av": "2"}).rows == 0


def test_files_without_an_owner_are_swept(library: Library, film: Path) -> None:
    video_id = index(library, film)
    orphan = library.folder / "embeddings" / video_id / "99-dead"
    orphan.mkdir()
    (orphan / "vectors.f16").write_bytes(b"left by a process that was killed")
    library.tracks.sweep(video_id)
    assert not orphan.exists()
    library.open_index(video_id, tiny())
