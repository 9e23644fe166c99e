"""Order: what dataset is to be built, of what and with what; Built: what has come of it."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from grounder.encoders.encoder import Encoder
from scenetg.asking.replies import model_of
from scenetg.candidate import Candidate, Outcome, Rejected, Rejection
from scenetg.engine import Engine
from scenetg.line.licences import Licences
from scenetg.line.sources import Source, Unreadable
from scenetg.settings import Settings
from scenetg.stages import Part
from scenetg.visual.probe import Facts

if TYPE_CHECKING:
    from grounder.ground import Grounder
    from scenetg.asking.asker import Asker
    from scenetg.visual.finding import Similarity


class LoadEncoder(Protocol):
    """Loads an encoder in whichever process it is called; can be pickled."""

    def __call__(self) -> Encoder:
        """Load it."""


class Show(Protocol):
    """Shows how far a stage has come (`grounder.cli.console.progress_bar`)."""

    def __call__(
        self, label: str, *, total: float, unit: str
    ) -> AbstractContextManager[Callable[[float], None]]:
        """Begin a stage of `total` units; what is yielded is told how many are done."""


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """What is to be built."""

    files: Sequence[Path]
    """Absolute, each once."""
    settings: Settings
    encoder: Encoder
    load: LoadEncoder
    """Loads the same encoder in another process."""
    engine: Engine
    asker: "Asker | None" = None
    """None: the visual stages alone."""
    grounder: "Grounder | Similarity | None" = None
    """None: no round trip."""
    licences: Licences = field(default_factory=Licences)

    @property
    def models(self) -> dict[Part, str]:
        """The name of each model that is there, wherever it is served."""
        named: dict[Part, str] = {"encoder": self.encoder.name}
        if self.asker is not None:
            named["vlm"] = model_of(self.asker.vlm.name)
        if self.grounder is not None:
            named["grounder"] = model_of(self.grounder.name)
        return named


@dataclass(frozen=True, slots=True)
class Dropped:
    """A video that gives no rows."""

    source: Source
    rejection: Rejection


@dataclass(frozen=True, slots=True)
class Tally:
    """What a stage did to the candidates (`probe` and `shots`: to the videos).

    Nothing is lost from sight: entered + added = kept + all that were rejected + dropped.
    """

    stage: str
    entered: int
    added: int
    """Made by the stage, kept or not."""
    kept: int
    """With those that it added."""
    dropped: int
    """Gone with their video, which the stage could not be done for."""
    rejected: Mapping[str, int]
    """How often for each reason."""


@dataclass(slots=True)
class Built:
    """What has come of an order; it grows as the line goes on."""

    sources: list[Source]
    """Every video that could be read, in order of id."""
    unreadable: list[Unreadable]
    facts: dict[str, Facts] = field(default_factory=dict)
    """By video id."""
    durations: dict[str, float] = field(default_factory=dict)
    """Seconds that can be used, by video id."""
    warnings: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """What was found wrong with a video that could be used in spite of it."""
    dropped: list[Dropped] = field(default_factory=list)
    candidates: tuple[Candidate, ...] = ()
    """After the visual stages, in order of id."""
    rows: tuple[Candidate, ...] | None = None
    """After all stages, in order of id; None without a model."""
    splits: Mapping[str, str] = field(default_factory=dict)
    """By video id, where there are rows."""
    rejected: list[Rejected] = field(default_factory=list)
    tallies: list[Tally] = field(default_factory=list)

    def remaining(self) -> list[Source]:
        """Return the videos that were not dropped."""
        gone = {one.source.video_id for one in self.dropped}
        return [source for source in self.sources if source.video_id not in gone]

    def count_videos(self, stage: str, entered: Sequence[Source]) -> None:
        """Note which of the videos that entered a stage it dropped."""
        ids = {source.video_id for source in entered}
        reasons = [one.rejection.reason for one in self.dropped if one.source.video_id in ids]
        kept = len(entered) - len(reasons)
        self.tallies.append(Tally(stage, len(entered), 0, kept, 0, _counted(reasons)))

    def count(self, stage: str, entered: Sequence[Candidate], outcome: Outcome) -> None:
        """Note what a stage did to the candidates."""
        before = {one.id for one in entered}
        after = [*outcome.kept, *(one.candidate for one in outcome.rejected)]
        ids = {one.id for one in after}
        reasons = _counted([one.rejection.reason for one in outcome.rejected])
        self.tallies.append(
            Tally(
                stage,
                len(before),
                len(ids - before),
                len(outcome.kept),
                len(before - ids),
                reasons,
            )
        )
        self.rejected += outcome.rejected


def _counted(reasons: Sequence[str]) -> dict[str, int]:
    return dict(sorted(Counter(reasons).items()))
