"""Order: what is to be run, from the words of a command line, with everything checked that can be wrong."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from grounder.errors import DatasetError
from scenetg.formats import Label
from training.benchmarks import Benchmark, annotations_path
from training.evaluate.engine import Work
from training.evaluate.fitted import fitted
from training.evaluate.folder import Run
from training.evaluate.queries import Query, numbered
from training.evaluate.shards import shard_of
from training.evaluate.specs import (
    AgentSpec,
    BlindSpec,
    GrounderSpec,
    RetrievalSpec,
    SystemSpec,
    settings_of,
    spec_text,
)
from training.evaluate.systems import Setup
from training.evaluate.videos import find_video, none_there, videos_folder

PACKAGES = ("whenwhat", "av", "numpy", "open-clip-torch", "torch", "transformers", "vllm")


@dataclass(frozen=True, slots=True)
class Selection:
    """Which queries of a benchmark are asked."""

    split: str | None = None
    limit: int | None = None
    shard: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """A run that can begin."""

    benchmark: Benchmark
    annotations: Path
    videos: Path
    queries: list[Query]
    missing: dict[str, int]
    """Videos that are not there, and how many queries each has."""
    work: Work
    selection: Selection

    @property
    def labels(self) -> list[Label]:
        """The labels of the queries."""
        return [query.label for query in self.queries]

    def run(self) -> Run:
        """Return what `run.json` says of it."""
        spec, fit = self.work.spec, self.work.setup.fit
        return Run(
            benchmark=self.benchmark.name,
            system=spec_text(spec),
            annotations=str(self.annotations),
            videos=str(self.videos),
            split=self.selection.split,
            limit=self.selection.limit,
            shard=self.selection.shard,
            settings=settings_of(spec)
            | {"guess": self.work.setup.guess, "decoder": self.work.setup.decoder},
            frames=spec.frames if isinstance(spec, AgentSpec) else None,
            seed=self.work.setup.seed,
            thresholds=None if fit is None else asdict(fit.thresholds),
            models=models_of(spec),
            versions=versions(),
            started=datetime.now(UTC).isoformat(timespec="seconds"),
        )


def order(
    benchmark: Benchmark,
    spec: SystemSpec,
    setup: Setup,
    selection: Selection,
    *,
    annotations: Path | None,
    videos: Path | None,
) -> Order:
    """Read the annotations, choose the queries and look for their videos.

    Raises:
        DatasetError: labels, a split or all videos are missing; the message says what to do.
        SpecError: the shard is no i/n.
    """
    file = annotations or _beside(videos, benchmark) or annotations_path(benchmark)
    labels = benchmark.read(file, setup.companion)
    folder = videos_folder(benchmark, videos, file)
    queries = selected(labels, selection, benchmark)
    missing = _missing(folder, queries)
    looks = not isinstance(spec, BlindSpec)
    if looks and len(missing) == len({query.label.video for query in queries}):
        raise none_there(folder, missing, benchmark)
    # Where every query is true somewhere, saying nothing is never right.
    absent = any(not label.windows and label.task != "qa" for label in labels)
    work = Work(spec, replace(setup, guess=not absent, fit=fitted(models_of(spec), setup.library)))
    return Order(benchmark, file, folder, queries, missing if looks else {}, work, selection)


def selected(labels: Sequence[Label], selection: Selection, benchmark: Benchmark) -> list[Query]:
    """Return the queries of a split, the first so many of them, of one shard.

    Raises:
        DatasetError: nothing is left; the message says which splits there are.
        SpecError: the shard is no i/n.
    """
    named = {str(label.extra["split"]) for label in labels if "split" in label.extra}
    if selection.split is not None and selection.split not in named:
        there = f"its rows name {', '.join(sorted(named))}" if named else "its rows name none"
        raise DatasetError(
            f"{benchmark.name} has no split {selection.split!r} here: {there}. Splits that are files of their own "
            "are named with --annotations."
        )
    inside = [label for label in labels if selection.split in (None, str(label.extra.get("split")))]
    if not inside:
        raise DatasetError(
            f"The annotations of {benchmark.name} hold no query. Give a file of labels."
        )
    queries = numbered(inside)[: selection.limit]
    if selection.shard is None:
        return queries
    mine = {label.id for label in shard_of([query.label for query in queries], selection.shard)}
    return [query for query in queries if query.label.id in mine]


def models_of(spec: SystemSpec) -> dict[str, str]:
    """Return role to model."""
    if isinstance(spec, RetrievalSpec):
        return {"encoder": spec.encoder, "grounder": "retrieval"}
    if isinstance(spec, GrounderSpec):
        return {"grounder": spec.vlm}
    if isinstance(spec, AgentSpec):
        grounder = spec.grounder if spec.grounder != "auto" else spec.vlm or "retrieval"
        return {"encoder": spec.encoder, "grounder": grounder, "answerer": spec.vlm or "extractive"}
    return {}


def versions() -> dict[str, str]:
    """Return the version of each package that the figures may depend on, where it is installed."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _beside(videos: Path | None, benchmark: Benchmark) -> Path | None:
    """Return the annotations in the folder of the videos, where they are."""
    file = None if videos is None else videos / benchmark.file
    return file if file is not None and file.is_file() else None


def _missing(folder: Path, queries: Sequence[Query]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for query in queries:
        counts[query.label.video] = counts.get(query.label.video, 0) + 1
    return {video: count for video, count in counts.items() if find_video(folder, video) is None}
