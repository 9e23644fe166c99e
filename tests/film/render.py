"""Renders a small captioned film (H.264 and an `.srt` beside it) whose every span is known.

Each shot is a drawing under a drifting camera, or coloured discs that move; some carry a line of
dialogue. Everything follows from the shots and the seed, to the byte.
"""

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from grounder.span import Span
from grounder.timetext import timecode
from tests.film.drawings import DRAWINGS, SIZE, Colour

PAUSE = 0.4
"""Seconds of silence at both ends of a shot that has a line."""
MARGIN = 48
"""Pixels of the drawing that the camera can drift over, across and down."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One uninterrupted stretch of a film."""

    seconds: float
    thing: str | None = None
    """A name in `tests.film.drawings.DRAWINGS`; None shows moving discs."""
    line: str = ""
    """What is said during it; empty is silence."""

    def __post_init__(self) -> None:
        if self.thing is not None and self.thing not in DRAWINGS:
            raise ValueError(f"Nothing draws {self.thing!r}. Known: {', '.join(DRAWINGS)}.")
        if self.seconds <= (2 * PAUSE if self.line else 0):
            raise ValueError(
                f"A shot of {self.seconds} s is too short: above 0, with a line above {2 * PAUSE}."
            )


@dataclass(frozen=True, slots=True)
class Film:
    """A rendered film and the truth about it."""

    path: Path
    subtitles: Path
    shots: tuple[Shot, ...]
    spans: tuple[Span, ...]
    """Where each shot lies; seconds, without gaps."""


def render_film(
    shots: Sequence[Shot],
    path: Path,
    *,
    seed: int = 0,
    size: tuple[int, int] = (320, 240),
    rate: int = 12,
) -> Film:
    """Write `path` (`.mp4`) and the `.srt` beside it.

    Args:
        shots: What is shown and said, in order; each lasts at least one frame.
        path: Where the film goes; its folder exists.
        seed: Decides how the camera and the discs move.
        size: (width, height) in pixels, both even.
        rate: Frames per second; shots are rounded to whole frames.
    """
    counts = [max(1, round(shot.seconds * rate)) for shot in shots]
    edges = [0, *itertools.accumulate(counts)]
    spans = tuple(Span(start / rate, end / rate) for start, end in itertools.pairwise(edges))
    dice = random.Random(seed)
    pictures = (
        picture.resize(size, Image.Resampling.BILINEAR)
        for shot, count in zip(shots, counts, strict=True)
        for picture in _shot_pictures(shot, count, dice)
    )
    _encode(pictures, path, size, rate)
    subtitles = path.with_suffix(".srt")
    subtitles.write_text(_srt(shots, spans), encoding="utf-8")
    return Film(path, subtitles, tuple(shots), spans)


def spoken(span: Span) -> Span:
    """Return when the line of a shot is said."""
    return Span(span.start + PAUSE, span.end - PAUSE)


def _shot_pictures(shot: Shot, count: int, dice: random.Random) -> Iterator[Image.Image]:
    return (
        _discs(count, dice) if shot.thing is None else _drift(DRAWINGS[shot.thing](), count, dice)
    )


def _drift(picture: Image.Image, count: int, dice: random.Random) -> Iterator[Image.Image]:
    """Move a slightly smaller window over the picture, in a straight line."""
    (x0, x1), (y0, y1) = ([dice.uniform(0, MARGIN) for _ in range(2)] for _ in range(2))
    for number in range(count):
        part = number / count
        x, y = x0 + (x1 - x0) * part, y0 + (y1 - y0) * part
        yield picture.crop(
            (round(x), round(y), round(x) + SIZE[0] - MARGIN, round(y) + SIZE[1] - MARGIN)
        )


def _discs(count: int, dice: random.Random) -> Iterator[Image.Image]:
    """Let three discs cross a plain background."""
    ground, *colours = (_colour(dice) for _ in range(4))
    paths = [[dice.uniform(60, side - 60) for side in (*SIZE, *SIZE)] for _ in colours]
    for number in range(count):
        part, picture = number / count, Image.new("RGB", SIZE, ground)
        draw = ImageDraw.Draw(picture)
        for (x0, y0, x1, y1), colour in zip(paths, colours, strict=True):
            x, y = x0 + (x1 - x0) * part, y0 + (y1 - y0) * part
            draw.ellipse((x - 50, y - 50, x + 50, y + 50), fill=colour)
        yield picture


def _colour(dice: random.Random) -> Colour:
    return dice.randint(20, 235), dice.randint(20, 235), dice.randint(20, 235)


def _encode(pictures: Iterator[Image.Image], path: Path, size: tuple[int, int], rate: int) -> None:
    import av

    with av.open(str(path), "w") as output:
        # Same pictures, same bytes: x264 varies with its lookahead (measured) and with threads.
        options = {"preset": "veryfast", "crf": "20", "g": str(2 * rate), "rc-lookahead": "0"}
        stream = output.add_stream("libx264", rate=rate, options=options)
        stream.codec_context.thread_count = 1
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(np.asarray(picture), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))


def _srt(shots: Sequence[Shot], spans: Sequence[Span]) -> str:
    said = [(spoken(span), shot.line) for span, shot in zip(spans, shots, strict=True) if shot.line]
    return "\n".join(
        f"{number}\n{_srt_time(span.start)} --> {_srt_time(span.end)}\n{line}\n"
        for number, (span, line) in enumerate(said, start=1)
    )


def _srt_time(seconds: float) -> str:
    return timecode(seconds).replace(".", ",")  # SubRip writes the decimal comma
