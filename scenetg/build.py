"""Building a dataset: the line over a store, then its files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scenetg.line.line import run_line
from scenetg.line.order import Built, Order, Show
from scenetg.line.overlapping import Compared, compare
from scenetg.line.run import Run
from scenetg.line.throughput import Throughput
from scenetg.output.files import write_outputs, write_overlap
from scenetg.store.results import Results
from scenetg.store.store import Store, open_store


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset that has been written."""

    folder: Path
    built: Built
    rows: dict[str, int] | None
    """By split; None where no model was there to make rows."""
    throughput: Throughput
    compared: list[Compared]
    """With each evaluation set that was named."""
    unnamed: list[str]
    """Paths of videos that earlier runs were told of and this one was not: they are in no file of it."""


def build(
    folder: Path,
    order: Order,
    *,
    show: Show,
    against: Sequence[Path] = (),
    retry: bool = False,
    parquet: bool = False,
) -> Dataset:
    """Build the dataset of an order in `folder`; all that an earlier run did is used.

    May be killed at any point: the next call goes on from there and ends with the same files.

    Args:
        folder: made if need be.
        order: of what, with what.
        show: shows how far each stage is.
        against: evaluation sets that the videos are held against (`scenetg.line.overlapping`).
        retry: try the videos again that failed before.
        parquet: also write each split as Parquet.

    Raises:
        BuildError: the folder cannot be used, or another process uses it.
        DatasetError: an evaluation set cannot be read.
        MissingDependency: a package that was asked for is not installed.
    """
    throughput = Throughput()
    with open_store(folder) as store:
        if retry:
            store.release_all()
        run = Run(order, Results(store, order.settings, order.models), throughput, show)
        built = run_line(run)
        compared = compare(run, built, against)
        rows = write_outputs(folder, order, built, throughput, parquet=parquet)
        write_overlap(folder, compared)
        unnamed = _unnamed(store, built)
    return Dataset(folder, built, rows, throughput, compared, unnamed)


def _unnamed(store: Store, built: Built) -> list[str]:
    named = {source.video_id for source in built.sources}
    # Videos of evaluation sets are hashed, but never looked at.
    return [path for key, path in store.videos("shots").items() if key not in named]
