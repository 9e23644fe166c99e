"""Context: what a run works with; given once, never changed, never stored."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from grounder.span import Span

if TYPE_CHECKING:
    from agent.roles import Roles
    from grounder.ground.grounding import Grounder
    from grounder.library import IndexedVideo
    from grounder.video import Video


@dataclass(frozen=True, slots=True)
class Budget:
    """Where looking ends. Frames are counted each time one is really shown to a model."""

    looks: int = 4
    """Windows the grounder looks at."""
    frames: int | None = None
    """Over the whole run; None is no bound."""
    seconds: float | None = None
    """Wall clock over all nodes; no further look starts after it. None is no bound."""
    answer_frames: int = 32
    """Shown for the answer, in every mode (UniTime's setting, arXiv 2506.18883)."""
    verify_frames: int = 8
    """Shown to the verifier for each look, shared by the moments found there."""
    window: float = 60.0
    """Seconds one look covers at most: longer says little about when, and costs a model's attention."""
    spacing: float = 0.0
    """Seconds between two frames of one moment at least, for verifier and answerer: a model that was taught from
    frames a second apart sees no motion in closer ones."""

    def __post_init__(self) -> None:
        counts = (self.looks, self.answer_frames, self.verify_frames)
        if min(counts) < 1 or (self.frames is not None and self.frames < 0):
            raise ValueError(f"{self}: looks and frames must be at least 1.")
        if self.seconds is not None and self.seconds < 0:
            raise ValueError(f"{self}: seconds must be at least 0.")
        if not self.window > 0:
            raise ValueError(f"{self}: window must be at least a moment.")
        if not 0 <= self.spacing < math.inf:
            raise ValueError(f"{self}: spacing must be at least 0.")


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which chances on something counts (`agent.deciding` holds the rule); all in [0, 1].

    `open_context` takes those that were fitted for this encoder and grounder (`agent.calibrated`), else those of the
    encoder's family, see `grounder/search/confidence.toml`.
    """

    present: float = 0.5
    """Below this presence what the index alone found is no evidence."""
    found: float = 0.15
    """Below this score no moment is evidence."""
    sure: float = 0.5
    """Below this score the answer is `uncertain`, unless a verifier has seen the moment."""


@dataclass(frozen=True, slots=True)
class Context:
    """One indexed video and everything that looks at it. Build it with `open_context`."""

    video: "Video"
    indexed: "IndexedVideo"
    grounder: "Grounder"
    roles: "Roles"
    look_frames: int = 0
    """The most frames one call of the grounder shows to a model; 0 when it asks none."""
    look_unit: float = 0.0
    """Seconds of video that the model sees as one; looks begin on a multiple of it. 0: anywhere."""
    budget: Budget = field(default_factory=Budget)
    thresholds: Thresholds = field(default_factory=Thresholds)
    state_folder: Path | None = None
    """Where runs are kept so that they can be resumed; None keeps nothing."""
    calibration: str = ""
    """What the thresholds were fitted on; empty where nobody fitted them for this library."""
    warnings: tuple[str, ...] = ()
    """What was noticed while it was set up; each answer repeats it."""

    @property
    def span(self) -> Span:
        """The part of the video that can be decoded."""
        return Span(0.0, self.indexed.duration)

    def describe(self, span: Span) -> str:
        """Return what all tracks say about a stretch; untrusted text out of the video, and guesses."""
        from grounder.search import described

        return described(self.indexed, span)

    def models(self) -> dict[str, str]:
        """Return role to model name, for `Answer.models`."""
        return {
            "encoder": self.indexed.encoder.name,
            "grounder": self.grounder.name,
            **self.roles.names(),
            **({"thresholds": self.calibration} if self.calibration else {}),
        }
