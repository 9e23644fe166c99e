"""Clips: the pictures of a stretch, of the stretch alone, as they are shown to a model."""

from collections.abc import Iterable, Iterator

from grounder.sampling import at_rate
from grounder.span import Span
from grounder.video import Frames, Video
from scenetg.settings import Settings
from scenetg.visual.look import Look

RATE = 4.0
"""Most pictures per second: more hardly differ."""


def clips(look: Look, spans: Iterable[Span], settings: Settings, *, count: int) -> Iterator[Frames]:
    """Yield at most `count` evenly spaced pictures of each span, read when they are asked for.

    Raises:
        VideoError: a picture cannot be read.
    """
    with Video.open(look.path, decoder=settings.shots.decoder) as video:
        max_side = max(video.facts.size.within_pixels(settings.describe.max_pixels))
        for span in spans:
            yield video.frames(at_rate(span, RATE, max_frames=count), max_side=max_side)
