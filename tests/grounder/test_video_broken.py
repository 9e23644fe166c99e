"""Untrusted and broken files: used up to where they break, or refused with a reason and a remedy."""

import shutil
from fractions import Fraction
from pathlib import Path

import pytest
from PIL import Image

from grounder.errors import VideoError, VideoLimitError
from grounder.video import Limits, Video
from grounder.video.probe import _open
from tests.video_factory import (
    Clip,
    audio_file,
    corrupt_file,
    cut_file,
    read_barcode,
    timed_video,
)

B_FRAMES = {"preset": "veryfast", "g": "12", "bf": "2"}
FINE = Fraction(1, 90000)
WHOLE = {
    "mp4": Clip(range(200), options=B_FRAMES, muxer={"movflags": "faststart"}),
    "fragmented": Clip(
        range(200), options=B_FRAMES, muxer={"movflags": "frag_keyframe+empty_moov"}
    ),
    "mkv": Clip(range(200), options=B_FRAMES, suffix=".mkv"),
    "webm": Clip(
        range(100), codec="libvpx-vp9", options={"g": "12", "cpu-used": "8"}, suffix=".webm"
    ),
    "avi": Clip(range(200), codec="mpeg4", options={"g": "12"}, suffix=".avi"),
    "ts": Clip(range(0, 200 * 3600, 3600), FINE, options=B_FRAMES, suffix=".ts"),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("whole")
    return {
        kind: timed_video(folder / f"{kind}{clip.suffix}", clip) for kind, clip in WHOLE.items()
    }


@pytest.mark.parametrize("keep", [0.5, 0.9])
@pytest.mark.parametrize("kind", WHOLE)
def test_truncated_video_is_used_up_to_where_it_breaks(
    kind: str, keep: float, whole: dict[str, Path], tmp_path: Path
) -> None:
    path = cut_file(whole[kind], tmp_path / f"cut{WHOLE[kind].suffix}", keep=keep)
    end = WHOLE[kind].times[-1]
    with Video.open(path) as video:
        usable = video.duration
        assert 0.25 * end < usable < 0.99 * end
        times = [usable * part / 40 for part in range(41)]
        for time, (image, shown) in zip(times, video.frames(times), strict=True):
            assert abs(read_barcode(image) - shown) < 0.0016
            assert time - 0.041 - 1e-6 < shown <= time + 1e-6
        scanned = [(f.time, read_barcode(f.rgb(video.facts.size))) for f in video.scan()]
        assert all(abs(time - burnt) < 0.0016 for time, burnt in scanned)
        assert abs(scanned[-1][0] - usable) < 0.2
        with pytest.raises(VideoError, match="has no picture at"):
            video.frames([end])


@pytest.mark.parametrize("kind", sorted(set(WHOLE) - {"ts"}))  # MPEG-TS declares no length
def test_truncation_is_told_when_the_file_is_opened(
    kind: str, whole: dict[str, Path], tmp_path: Path
) -> None:
    path = cut_file(whole[kind], tmp_path / f"cut{WHOLE[kind].suffix}", keep=0.7)
    with Video.open(path) as video:
        assert video.facts.truncated
        assert len(video.warnings) == 1
        assert "cut off" in video.warnings[0]
        assert f"used up to {video.duration:.2f} s" in video.warnings[0]


@pytest.mark.parametrize("kind", WHOLE)
def test_whole_video_has_no_warning(kind: str, whole: dict[str, Path]) -> None:
    with Video.open(whole[kind]) as video:
        assert len(list(video.scan())) == len(WHOLE[kind].times)
        assert not video.facts.truncated
        assert video.warnings == ()
        assert video.duration == pytest.approx(WHOLE[kind].times[-1] + 0.04, abs=0.002)


def test_video_without_its_index_is_refused_with_a_remedy(tmp_path: Path) -> None:
    late = timed_video(tmp_path / "late.mp4", Clip(range(100), options=B_FRAMES))
    path = cut_file(late, tmp_path / "cut.mp4", keep=0.5)
    with pytest.raises(VideoError, match=r"no index \(no moov box\).*untrunc"):
        Video.open(path)


def test_video_cut_inside_its_index_is_refused_as_cut(tmp_path: Path) -> None:
    late = timed_video(tmp_path / "late.mp4", Clip(range(100), options=B_FRAMES))
    path = cut_file(late, tmp_path / "cut.mp4", keep=0.9)
    with pytest.raises(VideoError, match="cut off inside its index"):
        Video.open(path)


@pytest.mark.parametrize("seed", range(4))
def test_flipped_bits_are_contained_and_counted(
    seed: int, whole: dict[str, Path], tmp_path: Path
) -> None:
    path = corrupt_file(whole["mp4"], tmp_path / "bits.mp4", seed=seed)
    with Video.open(path) as video:
        times = [frame.time for frame in video.scan()]
        assert times == sorted(times)
        assert set(times) <= set(WHOLE["mp4"].times)
        assert len(times) > 100
        assert "damaged" in video.warnings[0]


def test_a_tail_of_zeros_ends_the_usable_part_after_a_scan(
    whole: dict[str, Path], tmp_path: Path
) -> None:
    data = whole["mp4"].read_bytes()
    path = tmp_path / "preallocated.mp4"
    path.write_bytes(data[: len(data) // 2] + bytes(len(data) - len(data) // 2))
    with Video.open(path) as video:
        last = [frame.time for frame in video.scan()][-1]
        assert last < 6
        assert video.duration == pytest.approx(last + 0.04)
        assert "damaged" in video.warnings[0]
        with pytest.raises(VideoError, match="has no picture at"):
            video.frames([7.5])


def test_reading_into_a_tail_of_zeros_is_an_error_not_an_old_picture(
    whole: dict[str, Path], tmp_path: Path
) -> None:
    data = whole["mp4"].read_bytes()
    path = tmp_path / "preallocated.mp4"
    path.write_bytes(data[: len(data) // 2] + bytes(len(data) - len(data) // 2))
    with Video.open(path) as video, pytest.raises(VideoError, match=r"has no picture at 7\.500 s"):
        video.frames([7.5])


PLAYLIST = "#EXTM3U\n#EXT-X-TARGETDURATION:8\n#EXTINF:8,\nwhole.mp4\n#EXT-X-ENDLIST\n"
SCRIPTS = {
    "hls": PLAYLIST,
    "concat": "ffconcat version 1.0\nfile 'whole.mp4'\n",
    "sdp": "v=0\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
    "dash": '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><BaseURL>whole.mp4'
    "</BaseURL></Period></MPD>",
}


@pytest.mark.parametrize("suffix", [".mp4", ".m3u8", ".ffconcat", ".mkv"])
@pytest.mark.parametrize("script", SCRIPTS)
def test_files_that_name_other_files_are_refused_whatever_they_are_called(
    script: str, suffix: str, whole: dict[str, Path], tmp_path: Path
) -> None:
    shutil.copy(whole["mp4"], tmp_path / "whole.mp4")
    path = tmp_path / f"list{suffix}"
    path.write_text(SCRIPTS[script])
    with pytest.raises(VideoError, match="no playlists"):
        Video.open(path)


def test_the_protocol_whitelist_takes_effect(whole: dict[str, Path]) -> None:
    path = whole["mp4"]
    address = f"subfile,,start,0,end,{path.stat().st_size},,:file:{path}"
    with pytest.raises(ValueError, match="Invalid argument"):
        _open(address, "file")
    _open(address, "subfile,file").close()


def test_picture_and_text_files_are_no_videos(tmp_path: Path) -> None:
    Image.new("RGB", (64, 64)).save(tmp_path / "still.mp4", "PNG")
    (tmp_path / "text.mp4").write_text("When does she open the door?\n" * 99)
    for name in ("still.mp4", "text.mp4"):
        with pytest.raises(VideoError, match="Cannot open"):
            Video.open(tmp_path / name)


def test_sound_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match=r"no video stream \(1 audio\)"):
        Video.open(audio_file(tmp_path / "sound.m4a"))


def test_cover_art_is_no_video(tmp_path: Path) -> None:
    import av
    from av.stream import Disposition

    path = tmp_path / "song.mp4"
    with av.open(str(path), "w") as output:
        cover = output.add_stream("mjpeg", rate=1)
        assert isinstance(cover, av.VideoStream)
        cover.width, cover.height, cover.pix_fmt = 64, 64, "yuvj420p"
        cover.disposition = Disposition.attached_pic
        output.mux(cover.encode(av.VideoFrame(64, 64, "yuvj420p")))
        output.mux(cover.encode(None))
    with pytest.raises(VideoError, match="no video stream"):
        Video.open(path)


def test_file_system_errors_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    for name, reason in (
        ("empty.mp4", r"empty \(0 bytes\)"),
        ("missing.mp4", "No such file"),
        (".", "no regular file"),
    ):
        with pytest.raises(VideoError, match=reason):
            Video.open(tmp_path / name)


def test_addresses_are_only_file_names() -> None:
    for address in ("http://127.0.0.1:9/a.mp4", "concat:a.mp4|b.mp4", "data:video/mp4;base64,AAAA"):
        with pytest.raises(VideoError, match="No such file"):
            Video.open(address)


@pytest.mark.parametrize("name", ["video.txt", "video", "-i", "a:b.mp4", "%03d.mp4", "'$(x)\".mp4"])
def test_the_name_says_nothing_about_the_content(
    name: str, whole: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(whole["mkv"], tmp_path / name)
    with Video.open(name) as video:
        assert video.facts.container == "matroska,webm"
        assert read_barcode(video.frames([1.0]).images[0]) == 1.0


def test_matroska_with_a_tail_of_zeros_is_told_by_what_it_declares(
    whole: dict[str, Path], tmp_path: Path
) -> None:
    data = whole["mkv"].read_bytes()
    path = tmp_path / "preallocated.mkv"
    path.write_bytes(data[: len(data) // 2] + bytes(len(data) - len(data) // 2))
    with Video.open(path) as video:
        assert video.facts.duration == pytest.approx(8, abs=0.1)
        assert video.duration < 5
        assert "cut off" in video.warnings[0]


def test_pictures_larger_than_the_header_says_are_over_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "small header.mkv"
    timed_video(path, Clip(range(4), codec="libvpx", size=(320, 180)))
    # Matroska's PixelWidth 320, PixelHeight 180; VP8's own header is believed by nobody but its decoder.
    honest = path.read_bytes()
    forged = honest.replace(b"\xb0\x82\x01\x40\xba\x81\xb4", b"\xb0\x82\x00\x40\xba\x81\x40")
    assert forged != honest
    path.write_bytes(forged)
    with pytest.raises(VideoLimitError, match="320x180 pixels; the limit is 10000"):
        Video.open(path, limits=Limits(pixels=10_000))
