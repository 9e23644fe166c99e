"""Every threshold of the line, grouped by the stage that reads it; what is not here is not tuned.

Seconds unless the name says otherwise; cosines are of the encoder's unit vectors. Changed with `--set` and
`--settings` (`scenetg.overrides`). A stage runs again when its own group changes, or what it builds on.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Probe:
    """Which videos are taken."""

    shortest: float = 30.0
    """Shorter videos leave nothing to search in (SPEC 1.3, step 1)."""


@dataclass(frozen=True, slots=True)
class Shots:
    """The one decoding pass: cuts and frame vectors."""

    detector: str = "adaptive"
    """`adaptive`, `content` or `transnetv2`; the first needs no extra and ignores camera motion."""
    rate: float = 2.0
    """Pictures embedded per second: a boundary is then seen at most half a second away."""
    decoder: str = "pyav"
    """`pyav`, `decord` or `torchcodec`; pyav passes the whole timestamp suite."""


@dataclass(frozen=True, slots=True)
class Scenes:
    """Shots joined to scenes, and which scenes are worth a row."""

    shortest_shot: float = 0.5
    """A shot under this joins the one before it; at `shots.rate` 2 each shot still has a picture."""
    merge: float = 0.85
    """Adjacent shots are one scene while the next is at least this near (cosine) to the scene so far."""
    shortest: float = 3.0
    """SPEC 1.3, step 3."""
    longest: float = 90.0
    """SPEC 1.3, step 3."""
    share: float = 0.2
    """Most of the video a scene may be; the mean of TVGBench is 0.18 (SPEC 1.3, step 3)."""


@dataclass(frozen=True, slots=True)
class Sharpness:
    """How clearly a scene begins and ends."""

    least: float = 0.15
    """1 - cosine across each end must be at least this: a blurred end has no one right time."""
    frames: int = 2
    """Pictures on either side of an end that are compared: one alone may be a flash."""


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Scenes that look like another scene of the same video."""

    most: float = 0.9
    """Highest cosine to a scene that is no neighbour; SPEC 1.3, step 5 gives 0.85 (CLIP) to 0.9 (DINO)."""


@dataclass(frozen=True, slots=True)
class Events:
    """Stretches inside a scene whose ends are no cuts."""

    change: float = 0.25
    """Least 1 - cosine between the seconds before and after an end: something must begin there."""
    window: float = 2.0
    """Seconds that are compared before and after a moment."""
    shortest: float = 3.0
    """As of scenes."""
    longest: float = 30.0
    """Longer ones are scenes of their own in all but name."""
    cut_distance: float = 1.0
    """An end nearer than this to a cut is the cut."""
    per_scene: int = 3
    """Most events of one scene: rows of one scene resemble each other."""


@dataclass(frozen=True, slots=True)
class Describe:
    """How a stretch is shown to the model that describes it."""

    frames: int = 16
    """Pictures of one stretch, evenly spaced."""
    max_pixels: int = 200_704
    """Largest picture: 448x448."""
    max_tokens: int = 200
    """Longest description."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """How a description becomes a query."""

    least_words: int = 3
    """Fewer name a thing, not an event."""
    most_words: int = 25
    """More are a retelling; queries of Charades-STA and ActivityNet stay under it."""
    max_tokens: int = 120
    """Longest reply."""


@dataclass(frozen=True, slots=True)
class Uniqueness:
    """When a query fits no other place of its video."""

    margin: float = 0.0
    """Cosine by which its own scene must beat every other (SPEC 1.3, step 7, vote i)."""
    rivals: int = 5
    """The most similar other places, shown to the model one by one (vote iii)."""
    votes: int = 2
    """Of the three votes, how many must call it unique."""


@dataclass(frozen=True, slots=True)
class Roundtrip:
    """Whether a grounder finds the place again."""

    rollouts: int = 4
    """Tries per query; mean and standard deviation of their IoU become the difficulty."""
    temperature: float = 1.0
    """As in reinforcement learning: greedy tries would all be alike."""
    least_iou: float = 0.0
    """Mean IoU below which a row is rejected as not found; 0 keeps hard rows."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """Which rows are kept for what they cost a learner; rows without a difficulty all are."""

    lowest: float = 0.0
    """Least difficulty, 0 (never found) to 100 (always found); Time-R1 trains above 0."""
    highest: float = 100.0
    """Most; Time-R1 re-filters at 70 (arXiv 2503.13377)."""
    per_video: int = 0
    """Most rows of one video, the middling difficulties first; 0: all. One film must not be the dataset."""


@dataclass(frozen=True, slots=True)
class Splits:
    """Which videos are for what; never rows of one video for two things."""

    validation: float = 0.05
    """Share of videos."""
    test: float = 0.05
    """Share of videos."""
    seed: int = 0
    """Another seed draws other videos."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All of them."""

    probe: Probe = field(default_factory=Probe)
    shots: Shots = field(default_factory=Shots)
    scenes: Scenes = field(default_factory=Scenes)
    sharpness: Sharpness = field(default_factory=Sharpness)
    duplicates: Duplicates = field(default_factory=Duplicates)
    events: Events = field(default_factory=Events)
    describe: Describe = field(default_factory=Describe)
    phrase: Phrase = field(default_factory=Phrase)
    uniqueness: Uniqueness = field(default_factory=Uniqueness)
    roundtrip: Roundtrip = field(default_factory=Roundtrip)
    sampling: Sampling = field(default_factory=Sampling)
    splits: Splits = field(default_factory=Splits)
