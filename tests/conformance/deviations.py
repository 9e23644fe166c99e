"""Where a decoder is known not to conform: data for the suite's strict xfail and for the README.

Every entry was found by the suite itself. One that stops failing fails the suite, so that a
decoder that was mended upstream shows up here.
"""

from collections.abc import Collection
from dataclasses import dataclass

from tests.conformance.checks import CHECKS


@dataclass(frozen=True)
class Deviation:
    decoder: str
    clips: Collection[str]
    reason: str
    checks: Collection[str] = tuple(CHECKS)


DEVIATIONS = (
    Deviation(
        "decord",
        ("av1", "av1-mkv"),
        "has no AV1 decoder: the file is refused with an error that says so",
    ),
    Deviation(
        "decord",
        ("hevc",),
        "HEVC pictures are wrong after a seek to a keyframe with leading pictures",
        ("scan from the middle", "keyframes", "random reads"),
    ),
    Deviation(
        "decord",
        ("hevc-ten-bit",),
        "HEVC pictures are wrong after a seek to a keyframe with leading pictures",
        ("keyframes", "random reads"),
    ),
    Deviation(
        "decord",
        ("edit-list",),
        "counts pictures that an edit list hides when it reads on, not when it seeks",
        ("scan", "random reads", "sequential reads", "ends"),
    ),
    Deviation(
        "decord",
        ("h264-open-gop",),
        "the last picture is wrong when it is a keyframe of an open group of pictures",
        ("random reads", "sequential reads", "ends"),
    ),
    Deviation(
        "decord",
        ("h264-ts",),
        "MPEG-TS is read from the second group of pictures on: every picture is one group late",
        ("scan", "scan from the middle", "keyframes", "random reads", "sequential reads", "ends"),
    ),
    Deviation(
        "torchcodec",
        ("h264-open-gop",),
        "refuses the last picture when it is a keyframe of an open group of pictures",
        ("random reads", "sequential reads", "ends"),
    ),
    Deviation(
        "torchcodec",
        ("h264-ts",),
        "MPEG-TS: seeks land late, so pictures are wrong and the last ones are refused",
        ("scan", "scan from the middle", "keyframes", "random reads", "sequential reads", "ends"),
    ),
)


def deviation(decoder: str, clip: str, check: str) -> str | None:
    """Return why `decoder` is known to fail, None where it must pass."""
    for known in DEVIATIONS:
        if known.decoder == decoder and clip in known.clips and check in known.checks:
            return known.reason
    return None
