"""Tables: boundary errors, and what the filter keeps of what, each with its interval over videos."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Self

import numpy as np

from scenetg.line.order import Built
from scenetg.world import World
from training.metrics.interval import intervals, mean
from training.truth.boundaries import NEAR, Boundary, missed, proposed
from training.truth.judging import Judged, judge_queries, judge_refusals, written


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean over cases."""

    value: float | None
    """None where nothing counts."""
    interval: tuple[float, float] | None
    """95 % over videos."""
    cases: int

    @classmethod
    def of(cls, numbers: Sequence[float], videos: Sequence[str]) -> Self:
        """Average one number per case."""
        column = np.asarray(numbers, np.float64)
        return cls(mean(column), intervals([column], videos)[0], len(numbers))

    def shown(self, *, digits: int = 2) -> str:
        """Return it for people: value, interval, cases."""
        if self.value is None or self.interval is None:
            return "-"
        low, high = self.interval
        return f"{self.value:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}] ({self.cases})"


@dataclass(frozen=True, slots=True)
class BoundaryLine:
    """How far off one sort of boundaries is."""

    name: str
    seconds: Figure
    near: Figure
    """Share within half a second."""
    chance: Figure
    """Seconds that a moment drawn at random would be off."""

    def markdown(self) -> str:
        """Return one line for people."""
        return (
            f"{self.name:<28} {self.seconds.shown()} s, within {NEAR} s {self.near.shown()}, "
            f"by chance {self.chance.shown()} s"
        )


@dataclass(frozen=True, slots=True)
class Filtered:
    """What the uniqueness filter did at one rate of mistakes with one set of votes."""

    rate: float
    votes: str
    precision: Figure
    """Rows kept that are right."""
    recall: Figure
    """Queries that are true at their own place alone, and are kept so."""
    ambiguous_before: Figure
    """Queries that are true at several places, of all that reach the filter."""
    ambiguous_after: Figure
    """Rows kept that are true at more places than they tell."""
    leaked_before: Figure
    """Queries that tell their time, of all that the describer wrote."""
    leaked_after: Figure
    """Of the rows kept."""
    several: Figure
    """Rows of several spans that are right."""
    absent: Figure
    """Refusal rows whose query is truly absent."""

    @classmethod
    def of(cls, built: Built, worlds: Mapping[str, World], *, rate: float, votes: str) -> Self:
        """Count what was built."""
        asked = judge_queries(built, worlds)
        kept = [one for one in asked if one.kept]
        wrote = written(built)
        return cls(
            rate,
            votes,
            precision=_share(kept, lambda one: one.right),
            recall=_share((one for one in asked if one.own), lambda one: one.kept and one.right),
            ambiguous_before=_share(asked, lambda one: len(one.true) > 1),
            ambiguous_after=_share(kept, lambda one: len(one.true) > 1 and not one.right),
            leaked_before=Figure.of([leak for _, leak in wrote], [video for video, _ in wrote]),
            leaked_after=_share(kept, lambda one: one.leaks),
            several=_share((one for one in kept if one.several), lambda one: one.right),
            absent=_share(judge_refusals(built, worlds), lambda one: one.right),
        )

    def document(self) -> dict[str, object]:
        """Return it as JSON values."""
        return asdict(self)


FIGURES: Mapping[str, Callable[[Filtered], Figure]] = {
    "precision": lambda row: row.precision,
    "recall": lambda row: row.recall,
    "ambiguous before": lambda row: row.ambiguous_before,
    "after": lambda row: row.ambiguous_after,
    "leaked before": lambda row: row.leaked_before,
    "after ": lambda row: row.leaked_after,
    "several right": lambda row: row.several,
    "absent right": lambda row: row.absent,
}


def boundary_table(built: Built, worlds: Mapping[str, World]) -> list[BoundaryLine]:
    """Return how far the ends of all proposals are off, and how far true scene changes are from any."""
    known = dict(worlds)
    dropped = [one.candidate for one in built.rejected if one.rejection.stage in VISUAL_REJECTIONS]
    everything = [*built.candidates, *dropped]
    lines = [
        _line(f"{kind} ends, {which}", proposed([one for one in group if one.kind == kind], known))
        for which, group in (("all proposed", everything), ("candidates", built.candidates))
        for kind in ("scene", "event")
    ]
    return [*lines, _line("true scene changes", missed(everything, known))]


VISUAL_REJECTIONS = frozenset({"scenes", "sharpness", "duplicates", "events"})


def filter_head() -> str:
    """Return the head of the table of the filter's figures, as Markdown."""
    head = ["mistakes", "votes", *(name.strip() for name in FIGURES)]
    return f"| {' | '.join(head)} |\n{'|---' * len(head)}|"


def head(encoder: str, videos: int, boundaries: Iterable[BoundaryLine]) -> str:
    """Return all that stands above the lines of the filter."""
    lines = "\n".join(line.markdown() for line in boundaries)
    return f"{encoder}, {videos} videos, simulated describer\n\n{lines}\n\n{filter_head()}"


def filter_line(row: Filtered) -> str:
    """Return one line of it."""
    figures = (figure(row).shown() for figure in FIGURES.values())
    return f"| {' | '.join([f'{row.rate:.0%}', row.votes, *figures])} |"


def _line(name: str, found: Sequence[Boundary]) -> BoundaryLine:
    videos = [one.video for one in found]
    return BoundaryLine(
        name,
        Figure.of([one.seconds for one in found], videos),
        Figure.of([one.seconds <= NEAR for one in found], videos),
        Figure.of([one.chance for one in found], videos),
    )


def _share(cases: Iterable[Judged], true: Callable[[Judged], bool]) -> Figure:
    counted = list(cases)
    return Figure.of([true(one) for one in counted], [one.video for one in counted])
