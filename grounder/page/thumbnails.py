"""Thumbnails: pictures of a video inside a page, as small JPEG files in its text."""

import base64
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from grounder.page.markup import Markup, element
from grounder.timetext import clock

if TYPE_CHECKING:
    from grounder.video import Frames, Video

SIDE = 176
"""Pixels of the longer side."""
QUALITY = 62


def strip(video: "Video", times: Sequence[float], *, alt: str) -> Markup:
    """Return the pictures on screen at some times, each with its time below.

    Args:
        video: an open one; times past its end show its last picture.
        times: seconds, never decreasing.
        alt: what the pictures are of.

    Raises:
        VideoError: a picture cannot be read.
    """
    inside = [min(max(time, 0.0), video.duration - 1e-3) for time in times]
    return element("div", {"class": "strip"}, *_pictures(video.frames(inside, max_side=SIDE), alt))


def _pictures(frames: "Frames", alt: str) -> list[Markup]:
    from PIL import Image

    made = []
    for picture, time in frames:
        buffer = io.BytesIO()
        Image.fromarray(picture).save(buffer, "JPEG", quality=QUALITY, optimize=True)
        data = base64.b64encode(buffer.getvalue()).decode("ascii")
        height, width = picture.shape[:2]
        shown = {
            "src": f"data:image/jpeg;base64,{data}",
            "alt": f"{alt} at {clock(time)}",
            "width": width,
            "height": height,
        }
        made.append(
            element("div", None, element("img", shown), element("small", None, clock(time)))
        )
    return made
