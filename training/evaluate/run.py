"""A run: the queries that are open are asked, what is said is kept at once, and in the end all is scored."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from scenetg.formats import Label
from training.benchmarks import Benchmark
from training.evaluate.asking import Asking
from training.evaluate.engine import Engine, Job, Work
from training.evaluate.folder import PREDICTIONS, RunFolder
from training.evaluate.prediction import Prediction
from training.evaluate.throughput import Session, throughput
from training.evaluate.videos import find_video
from training.metrics.baselines import Share
from training.predictions import read_predictions
from training.report.judged_run import JudgedRun, abstaining
from training.score import document
from training.scoring import Report, score


def ask_open(
    folder: RunFolder,
    jobs: Sequence[Job],
    work: Work,
    engine: Engine,
    progress: Callable[[float], None],
) -> Session:
    """Ask the queries of jobs, and keep each prediction as it is made."""
    began, number = perf_counter(), 0
    last_of_video = {job.labels[-1].id for job in jobs}
    with folder.appending() as lines:
        for said in engine(Asking(work), jobs):
            lines.add(said)
            if said.qid in last_of_video:
                lines.sync()
            number += 1
            progress(number)
    return Session(number, perf_counter() - began)


def open_jobs(folder: RunFolder, labels: Sequence[Label], videos: Path) -> list[Job]:
    """Return, by video, the queries that have no prediction yet or one of status `error`."""
    finished = folder.finished()
    return jobs_of([label for label in labels if label.id not in finished], videos)


def jobs_of(labels: Sequence[Label], videos: Path) -> list[Job]:
    """Return the queries by video."""
    by_video: dict[str, list[Label]] = {}
    for label in labels:
        by_video.setdefault(label.video, []).append(label)
    return [
        Job(video, find_video(videos, video), tuple(asked)) for video, asked in by_video.items()
    ]


@dataclass(frozen=True, slots=True)
class Scored:
    """A finished run and what it is worth."""

    folder: RunFolder
    benchmark: Benchmark
    report: Report
    document: dict[str, object]
    """What `scores.json` holds."""
    errors: dict[str, int]
    """Why queries could not be asked, and how many for each reason."""


def finish(
    folder: RunFolder,
    benchmark: Benchmark,
    session: Session,
    *,
    trained: Share | None = None,
) -> Scored:
    """Put the predictions in the order of the queries, score them and write the scores."""
    labels = folder.labels()
    ordered = list(in_order(folder.predictions(), labels))
    folder.keep(ordered)
    report = score(benchmark, labels, read_predictions(folder.path / PREDICTIONS), trained=trained)
    abstention = abstaining(JudgedRun.of(folder, benchmark, report))
    scores = document(report) | {
        "abstention": abstention and abstention.document(),
        "throughput": throughput(ordered, session),
    }
    folder.write_scores(scores)
    errors = Counter(said.error for said in ordered if said.error is not None)
    return Scored(folder, benchmark, report, scores, dict(errors.most_common()))


def in_order(predictions: Sequence[Prediction], labels: Sequence[Label]) -> Iterator[Prediction]:
    """Yield predictions in the order of their queries."""
    by_qid = {said.qid: said for said in predictions}
    return (by_qid[label.id] for label in labels if label.id in by_qid)
