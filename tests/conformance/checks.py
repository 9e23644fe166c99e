"""What every decoder must show: at each time the picture that was made for that time.

Each check takes an opened video and the clip it was made from, and fails by AssertionError,
by VideoError, or by a picture without a whole barcode (ValueError).
"""

import random
from collections.abc import Callable, Mapping

from grounder.video import Frames, Video
from tests.video_factory import Clip, read_barcode

# A barcode holds whole milliseconds, and Matroska stores no more.
CLOSE = 0.0016


def check_scan(video: Video, clip: Clip) -> None:
    """Every picture comes, in order, with the time that is burnt into it."""
    scanned = [(f.time, read_barcode(f.rgb(video.facts.size))) for f in video.scan()]
    assert len(scanned) == len(clip.times)
    for (time, burnt), expected in zip(scanned, clip.times, strict=True):
        assert abs(time - expected) < CLOSE
        assert abs(burnt - expected) < CLOSE


def check_scan_from_middle(video: Video, clip: Clip) -> None:
    """A scan begins with the picture on screen at its start."""
    for part in (0.3, 0.7):
        start = _middles(video, clip)[int(part * len(clip.times))]
        first = next(iter(video.scan(start=start)))
        expected = _expected(clip, start)
        assert abs(first.time - expected) < CLOSE
        assert abs(read_barcode(first.rgb(video.facts.size)) - expected) < CLOSE


def check_keyframes(video: Video, clip: Clip) -> None:
    """A keyframe scan shows some of the pictures, each at its own time, in order."""
    shown = [
        (f.time, read_barcode(f.rgb(video.facts.size))) for f in video.scan(keyframes_only=True)
    ]
    assert 1 <= len(shown) <= len(clip.times)
    assert shown == sorted(shown)
    for time, burnt in shown:
        assert abs(time - burnt) < CLOSE
        assert min(abs(time - expected) for expected in clip.times) < CLOSE


def check_random_reads(video: Video, clip: Clip) -> None:
    """Reads jump about, as an agent's do."""
    times = _middles(video, clip)
    random.Random(7).shuffle(times)
    for time in times[:60]:
        _check_frames(video.frames([time]), [time], clip)


def check_sequential_reads(video: Video, clip: Clip) -> None:
    """One read asks for every picture, one for a few far apart, one for the same twice."""
    times = _middles(video, clip)
    for wanted in (times, times[:: max(1, len(times) // 5)], [times[0], times[0], times[-1]]):
        _check_frames(video.frames(wanted), wanted, clip)


def check_exact_times(video: Video, clip: Clip) -> None:
    """Asked for the very time that a scan reported, a read gives that picture."""
    times = [frame.time for frame in video.scan()][:: max(1, len(clip.times) // 12)]
    frames = video.frames(times)
    assert abs(frames.times - times).max() < 1e-6


def check_ends(video: Video, clip: Clip) -> None:
    """The first picture is there from 0 on, the last up to the end of the video."""
    first, last = clip.times[0], clip.times[-1]
    assert last < video.duration < last + 0.1
    frames = video.frames([0.0, first / 2, video.duration])
    assert [read_barcode(image) for image, _ in frames] == [first, first, round(last, 3)]


CHECKS: Mapping[str, Callable[[Video, Clip], None]] = {
    "scan": check_scan,
    "scan from the middle": check_scan_from_middle,
    "keyframes": check_keyframes,
    "random reads": check_random_reads,
    "sequential reads": check_sequential_reads,
    "exact times": check_exact_times,
    "ends": check_ends,
}


def _middles(video: Video, clip: Clip) -> list[float]:
    """Return one time well inside the life of each picture."""
    ends = [*clip.times[1:], video.duration]
    return [(start + end) / 2 for start, end in zip(clip.times, ends, strict=True)]


def _expected(clip: Clip, time: float) -> float:
    return max(shown for shown in clip.times if shown <= time)


def _check_frames(frames: Frames, wanted: list[float], clip: Clip) -> None:
    for time, (image, shown) in zip(wanted, frames, strict=True):
        expected = _expected(clip, time)
        assert abs(shown - expected) < CLOSE
        assert abs(read_barcode(image) - expected) < CLOSE
