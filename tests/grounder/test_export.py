from pathlib import Path

import pytest
from PIL import Image

from grounder.errors import VideoError
from grounder.export import cut_clip, save_thumbnail
from grounder.span import Span
from grounder.video import Video
from tests.conformance.clips import CLIPS
from tests.video_factory import read_barcode, timed_video

KINDS = (
    "h264-sound",
    "hevc",
    "vp9",
    "av1",
    "h264-ts",
    "starts-late-mkv",
    "edit-list",
    "rotated-90",
)


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("sources")
    return {
        kind: timed_video(folder / f"{kind}{CLIPS[kind].suffix}", CLIPS[kind])
        for kind in (*KINDS, "vfr")
    }


def _times(path: Path) -> list[tuple[float, float]]:
    with Video.open(path) as video:
        return [(f.time, read_barcode(f.rgb(video.facts.size))) for f in video.scan()]


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_clip_shows_the_stretch_that_it_reports(
    kind: str, exact: bool, sources: dict[str, Path], tmp_path: Path
) -> None:
    wanted = Span(1.1, 1.7)
    written = cut_clip(sources[kind], wanted, tmp_path / "clip.mp4", exact=exact)
    assert written.start <= wanted.start
    assert written.end >= wanted.end
    shown = _times(tmp_path / "clip.mp4")
    for time, burnt in shown:
        assert abs(written.start + time - burnt) < 0.041
    assert shown[0][1] <= wanted.start
    assert shown[-1][1] >= wanted.end - 0.041


def test_exact_clip_has_the_length_asked_for_and_keeps_its_sound(
    sources: dict[str, Path], tmp_path: Path
) -> None:
    assert cut_clip(sources["h264-sound"], Span(1, 3), tmp_path / "c.mp4", exact=True) == Span(1, 3)
    with Video.open(tmp_path / "c.mp4") as clip:
        assert clip.duration == pytest.approx(2, abs=0.05)
        assert clip.facts.has_audio


def test_exact_clip_holds_a_still_picture_to_the_end(
    sources: dict[str, Path], tmp_path: Path
) -> None:
    # Between 0.278 s and 1.778 s this video shows one picture.
    cut_clip(sources["vfr"], Span(0.5, 1.5), tmp_path / "c.mp4", exact=True)
    with Video.open(tmp_path / "c.mp4") as clip:
        assert clip.duration == pytest.approx(1, abs=0.1)


def test_copied_clip_reports_the_keyframe_it_had_to_start_at(
    sources: dict[str, Path], tmp_path: Path
) -> None:
    written = cut_clip(sources["h264-sound"], Span(1.1, 1.7), tmp_path / "c.mkv", exact=False)
    assert written.start == pytest.approx(0.96)  # keyframes are 24 pictures apart


def test_clip_outside_the_video_is_an_error(sources: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(VideoError, match="has no stretch"):
        cut_clip(sources["hevc"], Span(100, 101), tmp_path / "c.mp4", exact=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("exact", [True, False])
def test_failed_clip_leaves_nothing_behind(
    exact: bool, sources: dict[str, Path], tmp_path: Path
) -> None:
    with pytest.raises(VideoError, match="Cannot write"):
        cut_clip(sources["h264-sound"], Span(1, 2), tmp_path / "c.webm", exact=exact)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["-i.mp4", "concat:a.mp4", "$(touch x) 'a\".mp4", "a%03d.mp4"])
def test_hostile_file_names_are_only_names(
    name: str, sources: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(sources["hevc"].read_bytes())
    cut_clip(name, Span(1, 2), Path(f"-{name}"), exact=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, f"-{name}"])
    assert len(_times(tmp_path / f"-{name}")) > 24


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_thumbnail_is_the_picture_on_screen(
    suffix: str, sources: dict[str, Path], tmp_path: Path
) -> None:
    import numpy as np

    with Video.open(sources["rotated-90"]) as video:
        save_thumbnail(video, 1.01, tmp_path / f"-t{suffix}")
    with Image.open(tmp_path / f"-t{suffix}") as image:
        assert read_barcode(np.asarray(image.convert("RGB"))) == 1.0
    assert [path.name for path in tmp_path.iterdir()] == [f"-t{suffix}"]


def test_thumbnail_name_must_say_which_kind(sources: dict[str, Path], tmp_path: Path) -> None:
    with (
        Video.open(sources["hevc"]) as video,
        pytest.raises(ValueError, match="is no picture name"),
    ):
        save_thumbnail(video, 0, tmp_path / "t.mp4")
