"""From a video to its scenes: spans in order, without gaps, neither very short nor very long."""

import math
from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING

from grounder.scenes.detector import load_detector
from grounder.span import Span

if TYPE_CHECKING:
    from grounder.video import Video

SHORTEST = 0.3
"""Seconds; what is shorter is a flash or part of a transition, not a scene."""
LONGEST = 60.0
"""Seconds; two frames a second of it still fit the frame budget of the smaller grounders."""


def detect_scenes(
    video: "Video",
    detector: str = "adaptive",
    *,
    shortest: float = SHORTEST,
    longest: float = LONGEST,
) -> list[Span]:
    """Decode the whole video and return its scenes in order (see `scenes_from_cuts`).

    Raises:
        SpecError: no detector has this name (see `load_detector`).
        MissingDependency: the detector's package is not installed.
    """
    finder = load_detector(detector)
    size = finder.frame_size(video.facts)
    for frame in video.scan():
        finder.feed(frame.time, frame.rgb(size))
    return scenes_from_cuts(finder.cuts(), video.span, shortest=shortest, longest=longest)


def scenes_from_cuts(
    cuts: Iterable[float], span: Span, *, shortest: float = SHORTEST, longest: float = LONGEST
) -> list[Span]:
    """Return the scenes of `span`: they touch, and together cover it.

    A scene under `shortest` seconds joins the one before it (the first joins the next); one over
    `longest` is parted evenly. Only a `span` that is itself shorter gives a scene under `shortest`.

    Raises:
        ValueError: `longest` is not at least twice `shortest`, so both cannot be kept.
    """
    if not 0 <= shortest <= longest / 2:
        raise ValueError(
            f"Scenes of {shortest} to {longest} s cannot be made: longest must be above 0 and at "
            "least twice shortest."
        )
    edges = [span.start]
    for cut in sorted(cuts):
        if cut - edges[-1] > shortest and span.end - cut > shortest:
            edges.append(cut)
    return [part for pair in pairwise([*edges, span.end]) for part in _parts(Span(*pair), longest)]


def _parts(scene: Span, longest: float) -> list[Span]:
    count = math.ceil(scene.duration / longest)
    inner = [scene.start + scene.duration * i / count for i in range(1, count)]
    return [Span(*pair) for pair in pairwise([scene.start, *inner, scene.end])]
