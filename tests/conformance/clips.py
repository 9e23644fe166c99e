"""The videos of the conformance suite: one for each way in which times go wrong."""

from collections.abc import Mapping
from fractions import Fraction

from tests.video_factory import Clip

FILM = Fraction(1, 25)
NTSC = Fraction(1001, 30000)
FINE = Fraction(1, 90000)

# Ends the reordering guess: pictures are stored I P B B, shown I B B P.
B_FRAMES = {"preset": "veryfast", "g": "24", "bf": "3", "sc_threshold": "0"}
X265 = {"preset": "ultrafast", "x265-params": "log-level=none:keyint=24:bframes=3:scenecut=0"}
AV1 = {"preset": "8", "crf": "20", "g": "24"}
VP9 = {"g": "24", "cpu-used": "8", "deadline": "realtime", "lag-in-frames": "8"}


def _uneven(seconds: float) -> list[int]:
    """Return ticks of 1/90000 s with gaps from 1/60 s to 1.5 s, never on a regular grid."""
    gaps = (1500, 3003, 3753, 1801, 9000, 3003, 3003, 135000, 2250, 6007)
    ticks, number = [0], 0
    while ticks[-1] < seconds * 90000:
        ticks.append(ticks[-1] + gaps[number % len(gaps)])
        number += 1
    return ticks


CLIPS: Mapping[str, Clip] = {
    "h264": Clip(range(100), FILM, options=B_FRAMES),
    "h264-sound": Clip(range(100), FILM, options=B_FRAMES, audio=True),
    "h264-29.97": Clip(range(120), NTSC, options=B_FRAMES),
    "h264-open-gop": Clip(
        range(100), FILM, options=B_FRAMES | {"x264-params": "open-gop=1:bframes=3:keyint=24"}
    ),
    "h264-one-keyframe": Clip(range(200), FILM, options=B_FRAMES | {"g": "1000"}),
    "h264-no-b-frames": Clip(range(60), FILM, options=B_FRAMES | {"bf": "0"}),
    "h264-mkv": Clip(range(100), NTSC, suffix=".mkv", options=B_FRAMES),
    "h264-ts": Clip(range(0, 100 * 3600, 3600), FINE, suffix=".ts", options=B_FRAMES),
    "h264-fragmented": Clip(
        range(100), FILM, options=B_FRAMES, muxer={"movflags": "frag_keyframe+empty_moov"}
    ),
    "hevc": Clip(range(100), FILM, codec="libx265", options=X265),
    "vp9": Clip(range(100), FILM, suffix=".webm", codec="libvpx-vp9", options=VP9),
    "av1": Clip(range(100), FILM, codec="libsvtav1", options=AV1),
    "av1-mkv": Clip(range(60), FILM, suffix=".mkv", codec="libsvtav1", options=AV1),
    "mpeg4-avi": Clip(range(60), FILM, suffix=".avi", codec="mpeg4", options={"g": "24"}),
    "vfr": Clip(_uneven(6), FINE, options=B_FRAMES),
    "vfr-mkv": Clip(_uneven(6), FINE, suffix=".mkv", options=B_FRAMES),
    "rotated-90": Clip(range(50), FILM, options=B_FRAMES, rotation=90),
    "rotated-180": Clip(range(50), FILM, options=B_FRAMES, rotation=180),
    "rotated-270": Clip(range(50), FILM, options=B_FRAMES, rotation=270),
    "starts-late": Clip(range(125, 225), FILM, origin=125, options=B_FRAMES),
    "starts-late-mkv": Clip(range(125, 225), FILM, origin=125, suffix=".mkv", options=B_FRAMES),
    "edit-list": Clip(range(-10, 100), FILM, options=B_FRAMES),
    "odd-size": Clip(range(50), FILM, options=B_FRAMES, pixels="yuv444p", size=(163, 121)),
    "ten-bit": Clip(range(50), FILM, options=B_FRAMES, pixels="yuv420p10le"),
    "hevc-ten-bit": Clip(range(50), FILM, codec="libx265", options=X265, pixels="yuv420p10le"),
    "wide-samples": Clip(range(50), FILM, options=B_FRAMES, aspect=Fraction(4, 3)),
    "one-picture": Clip([0], FILM, options=B_FRAMES),
}
