"""Query: one labelled query of a run, and the line that `samples.jsonl` has of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from grounder.errors import DatasetError
from scenetg.formats import Label


@dataclass(frozen=True, slots=True)
class Query:
    """One query of a run."""

    label: Label
    number: int
    """Its position in the benchmark, from 0: by this shards are put together in order."""


def numbered(labels: Iterable[Label]) -> list[Query]:
    """Return all queries of a benchmark with their positions."""
    return [Query(label, number) for number, label in enumerate(labels)]


def query_row(query: Query) -> dict[str, Any]:
    """Return the JSON object of a query."""
    label = query.label
    return {
        "id": label.id,
        "video": label.video,
        "duration": label.duration,
        "query": label.query,
        "spans": [list(window) for window in label.windows],
        "source": label.source,
        "task": label.task,
        "question": label.question,
        "options": list(label.options),
        "answer": label.answer,
        "place": label.place,
        "meta": dict(label.extra),
        "number": query.number,
    }


def read_query(row: Mapping[str, Any], place: str) -> Query:
    """Return the query of a JSON object.

    Raises:
        DatasetError: it is none of ours; the message names the place.
    """
    try:
        label = Label(
            id=row["id"],
            video=row["video"],
            query=row["query"],
            windows=tuple((float(start), float(end)) for start, end in row["spans"]),
            source=row["source"],
            place=row["place"],
            duration=row["duration"],
            task=row["task"],
            question=row["question"],
            options=tuple(row["options"]),
            answer=row["answer"],
            extra=row["meta"],
        )
        return Query(label, int(row["number"]))
    except (KeyError, TypeError, ValueError) as error:
        raise DatasetError(f"{place} is no query of a run ({error!r}). Run it again.") from error
