"""The FAISS cache: rebuilt when missing, stale or corrupt; never another encoder's."""

import logging
from pathlib import Path

import numpy as np
import pytest

from grounder.errors import EncoderMismatch, IndexCorrupt, IndexMissing
from grounder.library import Chunk, Ending, Library, Plan, TrackRow
from grounder.span import Span
from grounder.video.decoder import Size, VideoFacts

FACTS = VideoFacts(3.0, Size(64, 36), 25.0, "h264", "mp4", False, (), False)


def unit(*, seed: int, count: int = 3) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(count, 8))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def add(library: Library, video_id: str, vectors: np.ndarray, *, encoder: str = "a") -> TrackRow:
    library.tracks.admit(video_id, FACTS)
    track = library.tracks.begin(video_id, Plan(encoder, 8, 1.0, "adaptive", "pyav"), {})
    chunk = Chunk(3.0, 3.0, [float(i) for i in range(len(vectors))], [], True)
    return library.tracks.commit(track, chunk, vectors, ending=Ending(3.0, (Span(0.0, 3.0),), ()))


def cache(library: Library) -> Path:
    (file,) = (library.folder / "faiss").glob("*.faiss")
    return file


@pytest.fixture
def library(tmp_path: Path) -> Library:
    library = Library.open(tmp_path)
    add(library, "first", unit(seed=1))
    add(library, "second", unit(seed=2))
    return library


def test_the_nearest_frame_is_found_with_its_video_and_time(library: Library) -> None:
    hits = library.nearest("a", unit(seed=2)[1], k=2)
    assert (hits[0].video_id, hits[0].time) == ("second", 1.0)
    assert hits[0].score == pytest.approx(1.0, abs=1e-3)
    assert hits[1].score <= hits[0].score


def test_asking_for_more_than_there_is_gives_all(library: Library) -> None:
    assert len(library.nearest("a", unit(seed=2)[1], k=50)) == 6


def test_a_second_process_reads_the_stored_file(library: Library) -> None:
    expected = library.nearest("a", unit(seed=9)[0], k=6)
    before = cache(library).stat().st_mtime_ns
    again = Library.open(library.folder)
    assert again.nearest("a", unit(seed=9)[0], k=6) == expected
    assert cache(library).stat().st_mtime_ns == before


def test_a_new_video_is_found_at_once_and_a_removed_one_no_more(library: Library) -> None:
    library.nearest("a", unit(seed=1)[0], k=1)
    add(library, "third", unit(seed=3))
    assert library.nearest("a", unit(seed=3)[0], k=1)[0].video_id == "third"
    library.remove("third")
    assert library.nearest("a", unit(seed=3)[0], k=1)[0].video_id != "third"


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "foreign"])
def test_a_damaged_file_is_put_aside_and_rebuilt_with_a_warning(
    library: Library, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    expected = library.nearest("a", unit(seed=9)[0], k=6)
    data = bytearray(cache(library).read_bytes())
    if damage == "cut":
        data = data[:-30]
    elif damage == "flip":
        data[60] ^= 1
    else:
        data = bytearray(b"" if damage == "empty" else b"something else entirely" * 100)
    cache(library).write_bytes(data)
    with caplog.at_level(logging.WARNING):
        assert Library.open(library.folder).nearest("a", unit(seed=9)[0], k=6) == expected
    assert "was damaged" in caplog.text
    (aside,) = (library.folder / "faiss").glob("*.corrupt-*")
    assert aside.read_bytes() == data


def test_a_missing_file_is_rebuilt_without_a_word(
    library: Library, caplog: pytest.LogCaptureFixture
) -> None:
    expected = library.nearest("a", unit(seed=9)[0], k=6)
    cache(library).unlink()
    assert Library.open(library.folder).nearest("a", unit(seed=9)[0], k=6) == expected
    assert caplog.text == ""


def test_a_file_of_another_encoder_is_refused(library: Library) -> None:
    library.nearest("a", unit(seed=1)[0], k=1)
    own = cache(library)
    add(library, "third", unit(seed=3), encoder="b")
    library.nearest("b", unit(seed=3)[0], k=1)
    (foreign,) = set((library.folder / "faiss").glob("*.faiss")) - {own}
    own.write_bytes(foreign.read_bytes())
    with pytest.raises(EncoderMismatch, match=r"made by b, not by a"):
        Library.open(library.folder).nearest("a", unit(seed=1)[0], k=1)


def test_an_encoder_that_indexed_nothing_is_told_which_ones_did(library: Library) -> None:
    with pytest.raises(EncoderMismatch, match=r"made by a, not by c.*--encoder"):
        library.nearest("c", unit(seed=1)[0], k=1)


def test_an_empty_library_is_never_searched(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing, match=r"whenwhat index"):
        Library.open(tmp_path).nearest("a", unit(seed=1)[0], k=1)


def test_damaged_arrays_are_never_built_into_an_index(library: Library) -> None:
    (track,) = library.tracks.of_video("second")
    file = library.tracks.arrays(track).vectors_path
    file.write_bytes(bytes(file.stat().st_size))
    with pytest.raises(IndexCorrupt, match=r"whenwhat rm"):
        library.nearest("a", unit(seed=1)[0], k=1)


def test_a_cache_that_cannot_be_stored_costs_only_the_next_start(
    library: Library, caplog: pytest.LogCaptureFixture
) -> None:
    (library.folder / "faiss").write_text("a file where the folder should be")
    assert library.nearest("a", unit(seed=1)[0], k=1)[0].video_id == "first"
    assert "could not be stored" in caplog.text
