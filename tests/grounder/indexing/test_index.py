"""index_video: one pass, everything in it, nothing done twice."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from grounder.errors import EncoderMismatch, SpecError, VideoError
from grounder.indexing import Progress, index_video
from grounder.library import IndexedVideo, Library
from grounder.scenes import detect_scenes
from grounder.search import TextTrack, VisualTrack
from grounder.span import Span
from grounder.video import Video
from tests.tiny_encoder import TinyEncoder
from tests.video_factory import colour_video

SRT = "1\n00:00:02,000 --> 00:00:04,000\nThe sky is {}.\n"


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library.open(tmp_path / "library")


@pytest.fixture
def film(tmp_path: Path) -> Path:
    scenes = [("red", 6.0), ("blue", 4.0), ("green", 30.0)]
    return colour_video(tmp_path / "film.mp4", scenes, size=(96, 64), rate=10)


def visual(indexed: IndexedVideo) -> VisualTrack:
    track = indexed.tracks[0]
    assert isinstance(track, VisualTrack)
    return track


def test_an_index_holds_scenes_times_and_vectors_of_what_is_on_screen(
    library: Library, film: Path
) -> None:
    encoder = TinyEncoder()
    indexed = index_video(library, film, encoder=encoder)
    assert indexed.complete
    assert indexed.duration == pytest.approx(40.0)
    assert indexed.scenes == (Span(0.0, 6.0), Span(6.0, 10.0), Span(10.0, 40.0))
    assert visual(indexed).times.tolist() == [float(second) for second in range(40)]
    likeness = (
        np.asarray(visual(indexed).embeddings, np.float32) @ encoder.encode_texts(["blue"])[0]
    )
    assert likeness[6:10].min() > likeness[np.r_[0:6, 10:40]].max()


def test_times_are_those_of_the_frames_at_any_rate(library: Library, bikes: Path) -> None:
    indexed = index_video(library, bikes, encoder=TinyEncoder(), rate=3.0)
    times = visual(indexed).times
    with Video.open(bikes) as video:
        shown = [frame.time for frame in video.scan()]
    assert set(times.tolist()) <= set(shown)
    assert len(times) == 30
    assert np.all(times >= np.arange(30) / 3 - 1e-6)
    assert np.all(times < np.arange(30) / 3 + 1 / 25)


def test_scenes_are_those_of_the_detector_on_its_own(library: Library, bikes: Path) -> None:
    indexed = index_video(library, bikes, encoder=TinyEncoder())
    with Video.open(bikes) as video:
        assert indexed.scenes == tuple(detect_scenes(video))


def test_an_indexed_video_is_opened_without_decoding_it_again(library: Library, film: Path) -> None:
    index_video(library, film, encoder=TinyEncoder())
    film.rename(film.with_name("moved.mp4"))
    encoder = TinyEncoder()
    heard: list[Progress] = []
    indexed = index_video(
        library, film.with_name("moved.mp4"), encoder=encoder, progress=heard.append
    )
    assert encoder.pictures == 0
    assert heard == []
    assert indexed.path.name == "moved.mp4"


def test_another_rate_replaces_the_index_and_another_encoder_stands_beside_it(
    library: Library, film: Path
) -> None:
    video_id = index_video(library, film, encoder=TinyEncoder()).video_id
    assert len(visual(index_video(library, film, encoder=TinyEncoder(), rate=2.0)).times) == 80
    other = TinyEncoder(name="tiny:other", dim=12)
    with pytest.raises(EncoderMismatch):
        library.open_index(video_id, other)
    index_video(library, film, encoder=other)
    assert len(visual(library.open_index(video_id, TinyEncoder())).times) == 80
    assert len(list((library.folder / "embeddings" / video_id).iterdir())) == 2


def test_asking_without_wishes_keeps_the_index_that_is_there(library: Library, film: Path) -> None:
    made = index_video(
        library, film, encoder=TinyEncoder(), rate=2.0, detector="content", longest=10.0
    )
    encoder = TinyEncoder()
    opened = index_video(library, film, encoder=encoder, decoder="torchcodec")
    assert encoder.pictures == 0
    assert len(visual(opened).times) == 80
    assert opened.scenes == made.scenes


def test_another_longest_scene_divides_again_without_decoding(library: Library, film: Path) -> None:
    assert len(index_video(library, film, encoder=TinyEncoder()).scenes) == 3
    encoder = TinyEncoder()
    scenes = index_video(library, film, encoder=encoder, longest=10.0).scenes
    assert encoder.pictures == 0
    assert [scene.duration for scene in scenes] == pytest.approx([6.0, 4.0, 10.0, 10.0, 10.0])


def test_keyframes_come_first_and_can_be_searched_while_the_rest_is_made(
    library: Library, film: Path
) -> None:
    seen: list[tuple[str, bool, float]] = []
    coarse: list[IndexedVideo] = []

    def listen(progress: Progress) -> None:
        seen.append((progress.stage, progress.searchable, progress.done))
        if progress.stage == "full" and not coarse:
            with Library.open(library.folder) as other:
                coarse.append(other.open_index(other.find(film).video_id, TinyEncoder()))

    indexed = index_video(
        library, film, encoder=TinyEncoder(), keyframes_first=True, progress=listen
    )
    assert not coarse[0].complete
    assert coarse[0].scenes[-1].end == pytest.approx(40.0)
    assert 1 < len(visual(coarse[0]).times) < 8
    assert indexed.complete
    assert seen[0] == ("keyframes", False, 0.0)
    assert seen[-1] == ("full", True, pytest.approx(40.0))
    assert [done for stage, _, done in seen if stage == "full"] == sorted(
        done for stage, _, done in seen if stage == "full"
    )


def test_a_sidecar_is_read_again_when_it_changes_and_forgotten_when_it_goes(
    library: Library, film: Path
) -> None:
    sidecar = film.with_suffix(".srt")
    sidecar.write_text(SRT.format("red"))
    (_, spoken) = index_video(library, film, encoder=TinyEncoder()).tracks
    assert isinstance(spoken, TextTrack)
    assert spoken.describe(Span(1.0, 3.0)) == "The sky is red."
    sidecar.write_text(SRT.format("dark blue"))
    (_, spoken) = index_video(library, film, encoder=TinyEncoder()).tracks
    assert spoken.describe(Span(1.0, 3.0)) == "The sky is dark blue."
    sidecar.unlink()
    assert len(index_video(library, film, encoder=TinyEncoder()).tracks) == 1


def test_subtitles_inside_the_file_become_a_transcript(library: Library, tmp_path: Path) -> None:
    film = colour_video(
        tmp_path / "spoken.mkv", [("red", 8.0)], subtitles=[(Span(1.0, 3.0), "Come in.")]
    )
    (_, spoken) = index_video(library, film, encoder=TinyEncoder()).tracks
    assert spoken.describe(Span(0.0, 8.0)) == "Come in."


def test_lines_are_found_by_meaning_with_the_stored_vectors(library: Library, film: Path) -> None:
    lines = ["The dog is barking.", "I bought a car.", "We had dinner."]
    text = "".join(
        f"{i + 1}\n00:00:{10 * i:02d},000 --> 00:00:{10 * i + 4:02d},000\n{line}\n\n"
        for i, line in enumerate(lines)
    )
    film.with_suffix(".srt").write_text(text)
    (_, spoken) = index_video(library, film, encoder=TinyEncoder()).tracks
    bounds = np.array([[0.0, 5.0], [10.0, 15.0], [20.0, 25.0]])
    assert np.argmax(spoken.score("somebody purchases a vehicle", bounds)) == 1


def test_a_bad_sidecar_costs_a_warning_not_the_video(library: Library, film: Path) -> None:
    film.with_suffix(".srt").write_bytes(bytes(range(256)) * 40)
    indexed = index_video(library, film, encoder=TinyEncoder())
    assert len(indexed.tracks) == 1
    assert any("film.srt" in warning for warning in indexed.warnings)


def test_a_truncated_video_is_indexed_to_where_it_breaks_and_says_so(
    library: Library, tmp_path: Path
) -> None:
    scenes = [(colour, 5.0) for colour in ("red", "blue", "green", "white")]
    whole = colour_video(tmp_path / "whole.mkv", scenes, size=(96, 64))
    broken = tmp_path / "broken.mkv"
    broken.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    indexed = index_video(library, broken, encoder=TinyEncoder())
    assert any("broken.mkv" in warning for warning in indexed.warnings)
    assert 5.0 < indexed.duration < 15.0
    assert indexed.scenes[-1].end == indexed.duration
    assert visual(indexed).times[-1] <= indexed.duration
    assert index_video(library, broken, encoder=TinyEncoder()).warnings == indexed.warnings


def test_a_file_that_changes_meanwhile_is_refused(library: Library, film: Path) -> None:
    other = colour_video(film.with_name("other.mp4"), [("white", 5.0)], size=(96, 64))

    def listen(progress: Progress) -> None:
        if progress.done == 20.0:
            shutil.copy(other, film)

    with pytest.raises(VideoError, match=r"changed while it was indexed"):
        index_video(library, film, encoder=TinyEncoder(), progress=listen)


def test_what_cannot_be_indexed_is_refused_and_leaves_nothing(
    library: Library, film: Path, tmp_path: Path
) -> None:
    text = tmp_path / "notes.mp4"
    text.write_text("no video at all")
    with pytest.raises(VideoError):
        index_video(library, text, encoder=TinyEncoder())
    with pytest.raises(SpecError):
        index_video(library, film, encoder=TinyEncoder(), detector="sharp")
    with pytest.raises(ValueError, match="rate"):
        index_video(library, film, encoder=TinyEncoder(), rate=0.0)
    assert library.videos() == []


def test_lines_are_those_beside_the_path_that_is_asked_about(
    library: Library, film: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "elsewhere" / "copy.mp4"
    copy.parent.mkdir()
    shutil.copy(film, copy)
    film.with_suffix(".srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nHello.\n")
    told: list[Progress] = []
    index_video(library, film, encoder=TinyEncoder())
    tracks = [
        [
            t.name
            for t in index_video(library, path, encoder=TinyEncoder(), progress=told.append).tracks
        ]
        for path in (film, copy, film)
    ]
    assert tracks == [["visual", "transcript"], ["visual"], ["visual", "transcript"]]
    assert not told
