from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from grounder.errors import MissingDependency, SpecError, VideoError, VideoLimitError
from grounder.span import Span
from grounder.video import Limits, Size, Video, content_hash
from tests.conformance.clips import CLIPS
from tests.video_factory import Clip, colour_video, read_barcode, timed_video


@pytest.fixture(scope="module")
def three_colours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("video") / "colours.mp4"
    line = (Span(0.2, 0.8), "a line of text")
    return colour_video(path, [("red", 1), ("lime", 2), ("blue", 1)], subtitles=[line])


def test_facts_tell_what_the_file_holds(three_colours: Path) -> None:
    with Video.open(three_colours) as video:
        assert video.facts.size == Size(320, 180)
        assert video.facts.codec == "h264"
        assert video.facts.frame_rate == 25
        assert video.facts.subtitle_streams == (1,)
        assert not video.facts.has_audio
        assert not video.facts.truncated
        assert video.duration == 4
        assert video.span == Span(0, 4)
        assert video.warnings == ()


def test_frames_come_with_their_own_times(three_colours: Path) -> None:
    with Video.open(three_colours) as video:
        frames = video.frames([0, 0.99, 1.0, 3.5, 4.0])
    assert frames.times.tolist() == [0, 0.96, 1.0, 3.48, 3.96]
    assert frames.images.argmax(axis=3)[:, 90, 160].tolist() == [0, 0, 1, 2, 2]


def test_max_side_shrinks_and_never_enlarges(three_colours: Path) -> None:
    with Video.open(three_colours) as video:
        assert video.frames([1], max_side=160).images.shape == (1, 90, 160, 3)
        assert video.frames([1], max_side=4000).images.shape == (1, 180, 320, 3)


def test_no_times_give_no_frames(three_colours: Path) -> None:
    with Video.open(three_colours) as video:
        assert len(video.frames([])) == 0


@pytest.mark.parametrize("times", [[1.0, 0.5], [float("nan")], [0.0, float("inf")]])
def test_times_that_make_no_sense_are_refused(times: list[float], three_colours: Path) -> None:
    with Video.open(three_colours) as video, pytest.raises(ValueError, match="never decrease"):
        video.frames(times)


def test_a_time_before_the_video_is_an_error_and_not_the_first_picture(three_colours: Path) -> None:
    with Video.open(three_colours) as video:
        with pytest.raises(ValueError, match=r"from 0 to 4\.000 s, got -1\.0"):
            video.frames([-1.0, 2.0])
        assert video.frames([-0.0]).times.tolist() == [0]


def test_a_time_beyond_the_video_is_an_error_that_says_what_there_is(three_colours: Path) -> None:
    with Video.open(three_colours) as video, pytest.raises(VideoError, match=r"from 0 to 4\.000 s"):
        video.frames([1.0, 9.0])


def test_reads_and_scans_may_be_interleaved(three_colours: Path) -> None:
    with Video.open(three_colours) as video:
        scanned = []
        for frame in video.scan():
            scanned.append(frame.time)
            if len(scanned) % 25 == 0:
                assert video.frames([3.5]).times[0] == 3.48
        assert scanned == [number / 25 for number in range(100)]


def test_scan_from_a_time_starts_with_the_picture_on_screen(three_colours: Path) -> None:
    with Video.open(three_colours) as video:
        assert next(iter(video.scan(start=2.05))).time == 2.04
        assert [frame.time for frame in video.scan(start=2.05, keyframes_only=True)] == [2, 3]


def test_scanned_pictures_have_the_size_asked_for(three_colours: Path) -> None:
    with Video.open(three_colours) as video:
        frame = next(iter(video.scan()))
        for size in (Size(64, 36), Size(398, 224), Size(33, 17)):
            for smooth in (False, True):
                picture = frame.rgb(size, smooth=smooth)
                assert picture.shape == (size.height, size.width, 3)
                assert picture.flags.c_contiguous
                assert picture.argmax(axis=2).max() == 0


def test_a_scan_abandoned_midway_leaves_the_video_usable(three_colours: Path) -> None:
    with Video.open(three_colours) as video:
        for frame in video.scan():
            if frame.time > 1:
                break
        assert video.duration == 4
        assert video.warnings == ()
        assert len(list(video.scan())) == 100


def test_unknown_decoder_is_named_with_the_choices(three_colours: Path) -> None:
    with pytest.raises(SpecError, match="pyav, decord, torchcodec"):
        Video.open(three_colours, decoder="opencv")


def test_missing_decoder_package_is_an_error_and_no_fallback(
    three_colours: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "decord", None)
    monkeypatch.delitem(sys.modules, "grounder.video.decord", raising=False)
    with pytest.raises(MissingDependency, match="uv pip install decord"):
        Video.open(three_colours, decoder="decord")


@pytest.mark.parametrize(
    ("limits", "over"),
    [
        (Limits(bytes=100), "bytes"),
        (Limits(duration=3.9), "4 s"),
        (Limits(pixels=320 * 180 - 1), "320x180"),
        (Limits(streams=1), "2 streams"),
    ],
)
def test_files_over_a_limit_are_refused_with_value_and_limit(
    limits: Limits, over: str, three_colours: Path
) -> None:
    with pytest.raises(VideoLimitError, match=over):
        Video.open(three_colours, limits=limits)


def test_sample_aspect_and_rotation_are_in_the_size(tmp_path: Path) -> None:
    for kind, size in (("wide-samples", Size(213, 120)), ("rotated-90", Size(120, 160))):
        path = timed_video(tmp_path / f"{kind}.mp4", CLIPS[kind])
        with Video.open(path) as video:
            assert video.facts.size == size
            assert video.frames([0.5]).images.shape == (1, size.height, size.width, 3)


def test_sparse_reads_of_a_long_stretch_seek_instead_of_decoding_through(tmp_path: Path) -> None:
    import resource

    options = {"g": "50", "preset": "ultrafast"}
    path = timed_video(tmp_path / "long.mp4", Clip(range(1500), options=options))

    def cost(times: list[float]) -> float:
        before = resource.getrusage(resource.RUSAGE_SELF)
        with Video.open(path) as video:
            assert [read_barcode(image) for image, _ in video.frames(times)] == times
        after = resource.getrusage(resource.RUSAGE_SELF)
        return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime

    dense = cost([number / 25 for number in range(0, 1500, 10)])
    sparse = cost([10.0, 30.0, 50.0])
    assert sparse < dense / 4


def test_content_hash_is_of_the_bytes_not_the_name(three_colours: Path, tmp_path: Path) -> None:
    copy = tmp_path / "other name.mp4"
    copy.write_bytes(three_colours.read_bytes())
    assert content_hash(copy) == content_hash(three_colours)
    assert content_hash(copy).startswith("sha256:")
    copy.write_bytes(three_colours.read_bytes() + b"\0")
    assert content_hash(copy) != content_hash(three_colours)
    with pytest.raises(VideoError, match="No such file"):
        content_hash(tmp_path / "none.mp4")


def test_real_video_has_its_known_cuts_where_they_are(bikes: Path) -> None:
    with Video.open(bikes) as video:
        small = [(f.time, f.rgb(Size(64, 36)).astype(np.int16)) for f in video.scan()]
    changes = [
        (float(np.abs(after - before).mean()), time)
        for (_, before), (time, after) in pairwise(small)
    ]
    strongest = sorted(time for _, time in sorted(changes)[-5:])
    assert strongest == pytest.approx([1.20, 3.04, 5.48, 7.48, 9.68], abs=0.05)
