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

    detector: str = "gradual"
    """`gradual`, `adaptive`, `content` or `transnetv2`; the first finds the cuts of the second, and dissolves.

    `adaptive` misses 8 of 12 dissolves of rendered worlds (`python -m tests.benchmarks.cuts`): two scenes for one."""
    rate: float = 2.0
    """Pictures embedded per second: a boundary is then seen at most half a second away."""
    decoder: str = "pyav"
    """`pyav`, `decord` or `torchcodec`; pyav passes the whole timestamp suite."""


@dataclass(frozen=True, slots=True)
class Scenes:
    """Shots joined to scenes, and which scenes are worth a row."""

    shortest_shot: float = 0.5
    """A shot under this joins the one before it; at `shots.rate` 2 each shot still has a picture."""
    merge: float = 0.75
    """Adjacent shots are one scene while the next is at least this near (cosine) to the scene so far.

    With `conse` nine of ten neighbours in the development films are below it; CLIP wants about 0.85."""
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
    """1 - cosine across each end must be at least this: a blurred end has no one right time.

    19 of 20 cuts of the development films are above 0.19 with `conse`."""
    frames: int = 2
    """Pictures on either side of an end that are compared: one alone may be a flash."""


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Scenes that look like another scene of the same video."""

    most: float = 0.9
    """Highest cosine to a scene that is no neighbour; SPEC 1.3, step 5 gives 0.85 (CLIP) to 0.9 (DINO).

    1 leaves them all in, at the price of describing them: the votes on uniqueness then make one row of
    several places."""


@dataclass(frozen=True, slots=True)
class Events:
    """Stretches inside a scene whose ends are no cuts."""

    change: float = 4.0
    """Spreads (`visual.events.Usual`) by which an end must change more than is usual in its video.

    It finds as much by any encoder: in four rendered worlds 46 moments with `conse`, 59 with the nano CLIP, of which
    89% and 78% are within half a second of a true one (by chance 33%)."""
    noise: float = 0.001
    """1 - cosine; least spread that is believed, for coding alone changes a still picture that much."""
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
    temperature: float = 0.2
    """Above 0 a reply that cannot be read is asked for once more, drawn anew."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """How a description becomes a query."""

    least_words: int = 3
    """Fewer name a thing, not an event."""
    most_words: int = 25
    """More are a retelling; queries of Charades-STA and ActivityNet stay under it."""
    least_rating: int = 3
    """Of the model's own, 1 (a guess) to 5 (exactly what is seen, and one event)."""
    max_tokens: int = 120
    """Longest reply."""
    temperature: float = 0.2
    """As of descriptions."""


@dataclass(frozen=True, slots=True)
class Uniqueness:
    """When a query fits no other place of its video."""

    retrieval: bool = True
    """Whether vote i is held: the encoder's similarities (SPEC 1.3, step 7)."""
    captions: bool = True
    """Whether vote ii is held: which captions of the whole video satisfy the query."""
    looking: bool = True
    """Whether vote iii is held: a look at its own place and at the most similar others."""
    votes: int = 1
    """Of the votes held, how many must call it unique; all of them where fewer are held.

    Whatever it is, a place that captions and looks both find counts. At 5% of mistakes in rendered worlds 1, 2 and
    3 keep 81%, 43% and 11% of the right rows, and 93%, 90% and 86% of what is kept is right: a look or a caption
    of some 15 places errs sooner or later, and hardly ever do both at one place."""
    margin: float = 0.0
    """Cosine by which its own place must beat every other (vote i)."""
    captions_at_once: int = 80
    """Captions of one request; more are read in several (vote ii)."""
    rivals: int = 5
    """The most similar other places, shown to the model one by one (vote iii)."""
    frames: int = 8
    """Pictures of each (vote iii)."""
    most_places: int = 5
    """A query that is confirmed at more places says nothing about any of them."""
    longest_place: float = 90.0
    """Seconds; a longer scene that fits too has no boundaries of the event in it."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How much of a place shows its query."""

    parts: int = 8
    """Parts of a place, each looked at in its middle; its ends are then known to a sixteenth of it. 0: none."""
    frames: int = 4
    """Pictures of each look."""
    seconds: float = 2.0
    """Longest look: enough to see a movement, and mostly one thing."""
    least: float = 0.3
    """Share of a place that must show the query; in less, what the place was described by is another thing."""


@dataclass(frozen=True, slots=True)
class Roundtrip:
    """Whether a grounder finds the place again."""

    rollouts: int = 4
    """Tries per query; mean and standard deviation of their IoU become the difficulty."""
    temperature: float = 1.0
    """As in reinforcement learning: greedy tries would all be alike."""
    least_iou: float = 0.0
    """Mean IoU below which a row is rejected as not found; 0 keeps hard rows."""
    most_iou: float = 1.0
    """Mean IoU above which a row is rejected as teaching nothing."""


@dataclass(frozen=True, slots=True)
class Questions:
    """Questions about rows that were kept, answered by what is seen there."""

    share: float = 0.5
    """Of the rows with one place, how many are asked about."""
    most_words: int = 6
    """Of an answer; longer ones are easier to guess by their form."""
    guesses: int = 4
    """Tries without any picture, the options turned each time; more hits than chance reject. 0: none."""
    max_tokens: int = 200
    """Longest reply."""
    temperature: float = 0.2
    """As of descriptions."""


@dataclass(frozen=True, slots=True)
class Refusals:
    """Queries of other videos that are never true in this one."""

    per_video: int = 1
    """Most such rows of one video."""
    tries: int = 4
    """Most queries of other videos that are tried on one, the nearest first: they are the hardest to refuse."""
    margin: float = 0.02
    """Cosine by which a query's own place must beat every place of this video."""
    rivals: int = 3
    """Places of this video that are looked at."""


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
    alike: float = 0.97
    """Cosine from which two scenes of two videos are the same footage: re-encoding moves vectors by less."""
    shared: float = 0.5
    """Part of the shorter of two videos that must be so for them to go into one split; black frames are not."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """When a video has footage of an evaluation set in it (`--against`)."""

    bits: int = 20
    """Of the 128 of a picture's hash, how many may differ; two pictures of nothing in common differ in about 50."""
    least: float = 5.0
    """Seconds of like pictures, in order and at one pace, that are told; less is a logo or a title."""


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
    extent: Extent = field(default_factory=Extent)
    roundtrip: Roundtrip = field(default_factory=Roundtrip)
    questions: Questions = field(default_factory=Questions)
    refusals: Refusals = field(default_factory=Refusals)
    sampling: Sampling = field(default_factory=Sampling)
    splits: Splits = field(default_factory=Splits)
    overlap: Overlap = field(default_factory=Overlap)
