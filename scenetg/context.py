"""What a step of the line works with, besides the candidates themselves."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from grounder.encoders.encoder import Encoder, UnitVectors
from grounder.span import Span
from scenetg.settings import Settings

if TYPE_CHECKING:
    from grounder.ground import Grounder
    from scenetg.asking import Asker
    from scenetg.roundtrip import Similarity


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """All that the one decoding pass saw of a video."""

    video_id: str
    path: Path
    duration: float
    """Seconds that can be used."""
    cuts: tuple[float, ...]
    """The first moment of each new shot, rising, in seconds."""
    times: NDArray[np.float64]
    """(n,) seconds of each embedded picture, rising."""
    vectors: UnitVectors
    """(n, dim), one for each time."""
    scenes: tuple[Span, ...]
    """Every scene, whether a candidate or not; they touch and cover the video."""
    scene_vectors: UnitVectors
    """(scenes, dim): the unit mean of each scene's pictures."""

    def rows(self, span: Span) -> slice:
        """Return which pictures lie in [start, end)."""
        first, last = np.searchsorted(self.times, (span.start, span.end))
        return slice(int(first), int(last))


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """Given to a step once; never changed."""

    settings: Settings
    looks: Mapping[str, Look]
    """By video id: the one video of the candidates, or all videos for a step that compares them."""
    encoder: Encoder
    asker: "Asker | None" = None
    """Asks the vision-language model; None: there is none."""
    grounder: "Grounder | Similarity | None" = None
    """Predicts on the whole video; None: there is none."""

    @property
    def look(self) -> Look:
        """The look of the one video of the candidates."""
        (video_id,) = self.looks
        return self.looks[video_id]

    def need_asker(self) -> "Asker":
        """Return the asker, to a step that cannot do without."""
        if self.asker is None:
            raise ValueError("This step asks a model, and the context has none.")
        return self.asker
