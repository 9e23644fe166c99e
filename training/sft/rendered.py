"""Rendered: lessons from worlds that are made as they are asked for; no file is written, no lesson need come twice."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from grounder.adapters import Adapter
from grounder.errors import SpecError
from grounder.sample import Sample
from grounder.span import Span
from scenetg.world import LEVELS, Level, Wanted, World, make_world, rows, seed_at
from training.longer import Longer
from training.sft.lessons import Subject, Targets, reply_of, subjects_of
from training.sft.sources import Item
from training.sft.staged import WorldFootage
from training.sft.timeline import timeline_of

TRIES = 40
"""Worlds that are asked for a row before it is given up; poor ones have none of some tasks."""
TRIED = 64
"""Lessons made before training begins, to see whether they can be."""

MIX = Wanted(ground=4, refuse=1, caption=3, verify=2, qa=2, shots=False)


@dataclass(frozen=True, slots=True)
class Rendered:
    """Which worlds; a source of lessons (`training.sft.sources.Source`)."""

    level: str | Level = "nano"
    """One of `scenetg.world.LEVELS`, or dials of its own."""
    seconds: tuple[float, float] = (4.0, 30.0)
    """Shortest and longest video."""
    scenes: tuple[float, float] | None = None
    """Shortest and longest scene, in seconds; None: the level's. A video of one scene has few moments."""
    split: str = "train"
    """Whose seeds: `train`, `validation` or `test`."""
    rows: int = 10_000
    """Lessons of one epoch."""
    side: int = 32
    """Width and height of the pictures in pixels."""
    offset: float = 0.0
    """The latest time, in seconds, at which what is shown begins, in half of the worlds: times are met as a window of
    a long video has them."""
    missing: float = 0.0
    """The most seconds that lack between scenes, in half of the worlds (`training.sft.timeline`)."""
    subjects: tuple[Subject, ...] = ("ground", "caption", "verify", "qa")
    wanted: Wanted = MIX
    """How often each task comes, against the others."""
    kinds: tuple[str, ...] | None = None
    """Kinds of queries (`scenetg.world.queries.KINDS`); None: all."""
    questions: tuple[str, ...] | None = None
    """Kinds of questions (`scenetg.world.questions.QUESTIONS`); None: the usual ones."""
    open_questions: float = 0.0
    """Share of questions that offer no options."""
    guessed: float = 0.0
    """Share of stretches that come with a guess at what they look like, as an index makes it; one in four is wrong."""
    cut: float = 0.0
    """The most seconds that are missing at the beginning of every other world, half of it at most: a window begins in
    the midst of things."""
    varied: bool = True
    """Paraphrase; otherwise every query has its plain wording."""
    most_spans: int = 3
    """The most spans of a grounding row."""
    together: int = 1
    """Lessons in a row that are about one world; with `packing` its video is run once for all of them."""
    alike: int = 1
    """Worlds in a row that are equally long: a batch of them holds little padding."""
    ramp: tuple[float, float] = (0.0, 0.0)
    """Shares of the epoch between which the longest video grows from the shortest length to the longest, by the same
    factor with every world: long videos are hardly learned before short ones, and those take a while."""

    def check(self, adapter: Adapter, targets: Targets, longer: Longer = "refuse") -> None:
        """See that such worlds can be made, shown and answered, by the first few lessons.

        Raises:
            SpecError: they cannot; the message says why.
        """
        shortest, longest = self.seconds
        most = math.inf if longer == "spread" else adapter.budget.max_seconds
        if not 0 < shortest <= longest <= most:
            raise SpecError(
                f"Worlds of {shortest:g} to {longest:g} s cannot be shown: seconds must rise, and the adapter "
                f"{adapter.name!r} shows at most {adapter.budget.max_seconds:.0f} s "
                "at its frame rate (longer: spread shows fewer frames a second)."
            )
        try:
            for number in range(min(self.rows, TRIED)):
                sample, subject, footage = self[number]
                reply_of(sample, subject, footage.span, adapter=adapter, targets=targets)
        except ValueError as error:
            raise SpecError(f"Lessons of {self} cannot be taught: {error}.") from error

    def __len__(self) -> int:
        return self.rows

    def __getitem__(self, number: int) -> Item:
        """Return the lesson of a number; nothing else decides it.

        Raises:
            ValueError: worlds of this kind cannot be made, or hardly ever have such rows.
        """
        world, place = divmod(number, self.together)
        items = _items(self, world)
        return items[place % len(items)]

    def dials(self) -> Level:
        """Return the level with its scenes as long as asked."""
        level = LEVELS[self.level] if isinstance(self.level, str) else self.level
        return replace(level, scene_seconds=self.scenes) if self.scenes else level

    def longest(self, number: int) -> float:
        """Return the length, in seconds, that the world of a number has at most."""
        shortest, longest = self.seconds
        length: float = shortest * (longest / shortest) ** self.risen(number)
        return length

    def length(self, number: int, attempt: int) -> float:
        """Return how many seconds the world of a number is given, at each attempt to make a useful one."""
        block = number // self.alike
        dice = random.Random(f"length {block} {attempt}")
        return dice.uniform(self.seconds[0], self.longest(block * self.alike))

    def risen(self, number: int) -> float:
        """Return how far the ramp has risen at the world of a number, in [0, 1]."""
        begun, ended = self.ramp
        done = number * self.together / self.rows
        return 1.0 if done >= ended else max(0.0, (done - begun) / (ended - begun))


@lru_cache(maxsize=64)  # the lessons about one world follow one another
def _items(source: Rendered, number: int) -> list[Item]:
    """Return the lessons about the world of a number, in random order."""
    dice = random.Random(f"lesson {number}")
    for attempt in range(TRIES):
        seed = seed_at(source.split, TRIES * number + attempt)
        length = source.length(number, attempt)
        world = make_world(seed, length, level=source.dials())
        made = rows(
            world,
            f"world-{seed}",
            wanted=source.wanted,
            kinds=source.kinds,
            questions=source.questions,
            most_spans=source.most_spans,
            varied=source.varied,
        )
        choices = [
            (sample, subject)
            for sample in made
            for subject in subjects_of(sample)
            if subject in source.subjects
        ]
        if choices and (items := _shown(source, world, choices, number, dice)):
            return items
    raise ValueError(f"{TRIES} worlds gave no row that teaches {', '.join(source.subjects)}")


def _shown(
    source: Rendered,
    world: World,
    choices: Sequence[tuple[Sample, Subject]],
    number: int,
    dice: random.Random,
) -> list[Item]:
    """Return the lessons that are about what is shown of the world of a number, in random order."""
    start = _start(dice, source.offset, world.level.grid)
    cut = _cut(dice, min(source.cut, world.duration / 2))
    # What is shown begins at `start`, wherever in the world that is.
    timeline = timeline_of(world, dice, start=start - cut, missing=source.missing)
    footage = WorldFootage(world, timeline, source.side, source.guessed, cut)
    mixed = list(choices)
    dice.shuffle(mixed)
    seen = [
        (_placed(visible, footage), subject)
        for sample, subject in mixed
        if (visible := _visible(sample, Span(cut, world.duration)))
    ]
    return [(_asked(sample, source, dice), subject, footage) for sample, subject in seen]


def _asked(sample: Sample, source: Rendered, dice: random.Random) -> Sample:
    """Take the options of some questions away, and note beside some what a verifier would have said."""
    if sample.task != "qa":
        return sample
    if source.open_questions and dice.random() < source.open_questions:
        sample = replace(sample, options=())
    if source.guessed and dice.random() < source.guessed:
        sample = replace(sample, meta={**sample.meta, "note": sample.query})
    return sample


def _cut(dice: random.Random, most: float) -> float:
    """Return how many seconds are missing at the beginning."""
    return round(dice.uniform(0.0, most), 1) if most and dice.random() < 0.5 else 0.0


def _visible(sample: Sample, shown: Span) -> Sample | None:
    """Return a row with the parts of its spans that are shown; None where one has lost more than half."""
    spans = [span.clip(shown) for span in sample.spans]
    if any(
        part is None or 2 * part.duration < span.duration
        for part, span in zip(spans, sample.spans, strict=True)
    ):
        return None
    return replace(sample, spans=tuple(span for span in spans if span is not None))


def _start(dice: random.Random, latest: float, grid: float) -> float:
    """Return 0 or, in every other world, any time up to `latest` on the grid."""
    start = dice.uniform(0.0, latest) // grid * grid
    return start if dice.random() < 0.5 else 0.0


def _placed(sample: Sample, footage: WorldFootage) -> Sample:
    """Return a row with its spans where they are shown."""
    spans = tuple(footage.timeline.span(span) for span in sample.spans)
    return replace(sample, spans=spans, duration=footage.span.end)
