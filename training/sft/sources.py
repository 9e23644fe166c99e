"""Sources of lessons: rows of a file, or of rendered worlds; each lesson has a number, and nothing else decides it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from grounder.adapters import Adapter
from grounder.errors import DatasetError, VideoError
from grounder.sample import END_TOLERANCE, Sample, read_distinct, read_samples
from training.choice import Choice
from training.difficulty import FILTERS
from training.longer import Longer, check_length
from training.sft.footage import FileFootage, Footage
from training.sft.lessons import Subject, Targets, reply_of, subjects_of

Item = tuple[Sample, Subject, Footage]
"""A row, what of it is taught, and where it is seen."""


class Source(Protocol):
    """Items by number: the same number is the same item in every run, so that a run can be gone on with."""

    def __len__(self) -> int:
        """Items of one epoch."""

    def __getitem__(self, number: int) -> Item:
        """Return one of them."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Which rows of a file are taught."""

    filter: Choice
    """One of `training.difficulty.FILTERS`."""
    seed: int

    def of(self, samples: Sequence[Sample], path: Path) -> list[Sample]:
        """Return those of the rows of a file that teach anything.

        Raises:
            DatasetError: there are none, or a row does not know how hard it is.
        """
        kept = FILTERS[self.filter.name](samples, seed=self.seed, **self.filter.settings)
        if samples and not kept:
            raise DatasetError(
                f"{path}: the filter {self.filter.name!r} leaves none of {len(samples)} rows. "
                "Widen it, or name another file."
            )
        return kept


@dataclass(frozen=True, slots=True)
class FileSource:
    """Rows of a JSONL file, every one of them checked."""

    items: tuple[Item, ...]
    folder: Path
    """Where relative video paths start."""

    @classmethod
    def read(
        cls,
        path: Path,
        *,
        subjects: Sequence[Subject],
        adapter: Adapter,
        targets: Targets,
        longer: Longer = "refuse",
        kept: Kept | None = None,
    ) -> "FileSource":
        """Read rows and look at their videos, whose relative paths start at the file's folder.

        Args:
            path: of the rows.
            subjects: what is taught of them.
            adapter: how the model is asked and answers.
            targets: with a thought or without.
            longer: what becomes of a `ground` row's video that is too long for the adapter's full frame rate.
            kept: which rows; None: all.

        Raises:
            DatasetError: no row teaches any of the subjects, one cannot be taught, or some that `kept` chooses from share
                an id; the message says which.
            VideoError: a video cannot be read.
        """
        known: dict[Path, FileFootage] = {}
        items: list[Item] = []
        # Filters draw rows by their ids.
        rows = read_distinct(path) if kept else read_samples(path)
        samples = [row for row in rows if set(subjects_of(row)) & set(subjects)]
        for sample in kept.of(samples, path) if kept else samples:
            file = path.parent / sample.video
            if file not in known:
                known[file] = _footage(file, sample)
            items += [
                (sample, subject, known[file])
                for subject in subjects_of(sample)
                if subject in subjects
            ]
        if not items:
            raise DatasetError(
                f"{path} holds no rows that teach {', '.join(subjects)}. Name another file, or other tasks."
            )
        for sample, subject, footage in items:
            _check_spans(sample, footage)
            if subject == "ground":
                check_length(
                    sample.id,
                    sample.video,
                    footage.span.duration,
                    adapter=adapter,
                    longer=longer,
                    instead="Cut the video",
                )
            _check_reply(sample, subject, footage, adapter, targets)
        return cls(tuple(items), path.parent)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, number: int) -> Item:
        return self.items[number]


def _footage(file: Path, sample: Sample) -> FileFootage:
    if not file.is_file():
        raise DatasetError(
            f"Row {sample.id}: its video {file} is missing. Relative paths start at the dataset's folder."
        )
    try:
        return FileFootage.of(file)
    except VideoError as error:
        raise VideoError(f"Row {sample.id}: {error}") from error


def _check_spans(sample: Sample, footage: Footage) -> None:
    video = footage.span
    for span in sample.spans:
        if span.start >= video.end or span.end > video.end + END_TOLERANCE:
            raise DatasetError(
                f"Row {sample.id}: {span} lies outside {sample.video}, which has {video.end:.2f} s. Mend the row."
            )


def _check_reply(
    sample: Sample, subject: Subject, footage: Footage, adapter: Adapter, targets: Targets
) -> None:
    try:
        reply_of(sample, subject, footage.span, adapter=adapter, targets=targets)
    except ValueError as error:
        raise DatasetError(f"Row {sample.id} cannot be taught: {error}.") from error
