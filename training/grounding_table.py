"""Retrieval alone against blind baselines, on every annotated query of a folder of videos.

    python -m training.grounding_table VIDEOS_DIR

R@k: the first k search windows cover at least half of one true span between them. R1@m and mIoU:
the first moment of `find` against the best true span; a query without one counts as IoU 0.
Brackets hold 95 % bootstrap intervals over videos. Random windows are as long as those searched.
"""

import random
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grounder.cli.console import print_json, print_note, print_warning, progress_bar
from grounder.cli.main import run
from grounder.cli.options import EncoderOption, JsonOption, LibraryOption
from grounder.span import Span
from training.annotations import AnnotationError, Query, read_queries, video_path
from training.metrics import (
    bootstrap,
    centre_prior,
    random_span,
    random_windows,
    score_span,
    score_windows,
    total,
    whole_video,
)
from training.retrieval_marks import RATIOS, Marks

if TYPE_CHECKING:
    from agent import Context

K = 5
DRAWS = 200
"""Random answers per query: the baseline is their mean."""
ALL = "all"


@dataclass(frozen=True, slots=True)
class Measured:
    """What one query got."""

    query: Query
    status: str
    """As in `agent.Answer`: `not_found` still has its closest moments, which are scored."""
    moment: Span | None
    windows: tuple[Span, ...]
    marks: dict[str, Marks]
    """System to counts."""


def main(
    videos: Annotated[Path, typer.Argument(help="Holds annotations.jsonl and <vid>.mp4 files.")],
    encoder: EncoderOption = "auto",
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure retrieval-only grounding on annotated videos, beside blind baselines."""
    from grounder.encoders import choose_encoder

    if encoder == "auto":
        encoder, reason = choose_encoder()
        print_note(reason)
    queries = read_queries(videos / "annotations.jsonl")
    measured = list(measure_all(queries, videos, encoder=encoder, library=library))
    if not measured:
        raise AnnotationError(f"No video of {videos}/annotations.jsonl is there to be measured.")
    if as_json:
        print_json(document(measured, encoder))
    else:
        typer.echo(markdown(measured, encoder))


def measure_all(
    queries: Sequence[Query], videos: Path, *, encoder: str, library: Path | None
) -> Iterator[Measured]:
    """Index each video once and ask it its queries; a video that is not there is told and left out."""
    from agent import Budget, open_context

    by_video: dict[str, list[Query]] = {}
    for query in queries:
        by_video.setdefault(query.vid, []).append(query)
    with progress_bar("queries", total=len(queries), unit="queries") as update:
        done = 0
        for vid, asked in by_video.items():
            path = video_path(videos, vid)
            if path is None:
                print_warning(f"{vid}: no such video here; its {len(asked)} queries are left out.")
                continue
            with open_context(
                path,
                library=library,
                encoder=encoder,
                grounder="retrieval",
                budget=Budget(looks=K),
                keep=False,
            ) as context:
                for query in asked:
                    yield measure(query, context)
                    update(done := done + 1)


def measure(query: Query, context: "Context") -> Measured:
    """Ask one query and score the reply and the baselines."""
    from agent import find
    from grounder.search import search

    found = find(query.text, context, k=K)
    moments = [evidence.span for evidence in (*found.evidence, *found.closest)]
    duration = context.span.duration
    longest = min(context.grounder.max_window, duration)
    windows = [w.span for w in search(context.indexed, query.text, k=K, longest=longest)]
    top = moments[0] if moments else None
    marks = {
        "retrieval": score(top, windows, query.truth),
        "random": random_marks(query, windows, duration),
        "centre half": score(centre_prior(duration), [centre_prior(duration)], query.truth),
        "whole video": score(whole_video(duration), [whole_video(duration)], query.truth),
    }
    return Measured(query, found.status, top, tuple(windows), marks)


def score(moment: Span | None, windows: Sequence[Span], truth: Sequence[Span]) -> Marks:
    """Score one answer to one query."""
    first, five = (score_windows(windows, truth, k) for k in (1, K))
    return Marks(score_span(moment, truth), first, five)


def random_marks(query: Query, windows: Sequence[Span], duration: float) -> Marks:
    """Return the counts of many random answers to one query."""
    dice = random.Random(query.qid)
    return total(
        score(random_span(duration, dice), random_windows(windows, duration, dice), query.truth)
        for _ in range(DRAWS)
    )


def by_split(measured: Sequence[Measured]) -> dict[str, list[Measured]]:
    """Group by split; the last group holds everything."""
    splits = sorted({row.query.split for row in measured})
    groups = {split: [row for row in measured if row.query.split == split] for split in splits}
    return groups | {ALL: list(measured)}


def per_video(rows: Sequence[Measured], system: str) -> list[Marks]:
    """Add up one system's counts for each video."""
    marks: dict[str, list[Marks]] = {}
    for row in rows:
        marks.setdefault(row.query.vid, []).append(row.marks[system])
    return [total(of_video) for of_video in marks.values()]


def markdown(measured: Sequence[Measured], encoder: str) -> str:
    """Write the table for people, as Markdown."""
    lines = [f"| {encoder} | system | {' | '.join(RATIOS)} |", "|---" * (2 + len(RATIOS)) + "|"]
    for split, rows in by_split(measured).items():
        videos = len({row.query.vid for row in rows})
        absent = sum(row.status == "not_found" for row in rows)
        label = f"{split}: {len(rows)} queries, {videos} videos, {absent} not found"
        for system in rows[0].marks:
            cells = " | ".join(_cell(per_video(rows, system), ratio) for ratio in RATIOS.values())
            lines.append(f"| {label} | {system} | {cells} |")
            label = ""
    return "\n".join(lines)


def _cell(marks: Sequence[Marks], ratio: Callable[[Marks], float]) -> str:
    low, high = bootstrap(marks, ratio)
    return f"{ratio(total(marks)):.3f} [{low:.2f}, {high:.2f}]"


def document(measured: Sequence[Measured], encoder: str) -> Mapping[str, object]:
    """Return the table and every single query as JSON values."""
    table = [
        {
            "split": split,
            "system": system,
            "queries": len(rows),
            "videos": len({row.query.vid for row in rows}),
            "not_found": sum(row.status == "not_found" for row in rows),
        }
        | {
            name: {"value": ratio(total(marks)), "interval": bootstrap(marks, ratio)}
            for name, ratio in RATIOS.items()
        }
        for split, rows in by_split(measured).items()
        for system in rows[0].marks
        if (marks := per_video(rows, system))
    ]
    single = [
        {
            "qid": row.query.qid,
            "query": row.query.text,
            "truth": [asdict(span) for span in row.query.truth],
            "status": row.status,
            "moment": row.moment and asdict(row.moment),
            "windows": [asdict(window) for window in row.windows],
            "iou": row.marks["retrieval"].span.mean_iou,
        }
        for row in measured
    ]
    return {"encoder": encoder, "k": K, "table": table, "queries": single}


def make_app() -> typer.Typer:
    """Return the one-command app."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    app.command()(main)
    return app


if __name__ == "__main__":
    run(make_app, sys.argv[1:], name="python -m training.grounding_table")
