"""Prediction files: ours and those of the official scripts, read line by line; what is wrong is data, not a crash.

A row is `{"qid" | "id", windows, saliency, answer, status}`. Windows stand under one of `WINDOWS` as [start, end] or
[start, end, score], best first. Also read: `{"VIDEO_QID": [s, e]}` (NExT-GQA), `{"results": [{clip_uid, annotation_uid,
query_idx, predicted_times}]}` (Ego4D), `{"qid", "pred": [s, e] | [null, null]}` (Time-R1), `{"UID": "A"}` (LVBench),
`{"question_id", "option"}` (MLVU), `{"questions": [{"question_id", "response"}]}` (Video-MME).
"""

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from grounder.errors import DatasetError
from scenetg.formats.ego4d_nlq import query_id
from scenetg.formats.row import is_finite
from training.metrics.case import Predicted, Stated

WINDOWS = ("pred_relevant_windows", "spans", "windows", "predicted_times", "pred")
IDS = ("qid", "id", "question_id")
ANSWERS = ("prediction", "response", "option", "answer", "ans")
"""Fields with the answer, the first of them that is there: `answer` is the truth where another one holds the reply."""
Status = Literal["ok", "repaired", "failed"]
STATUSES: tuple[Status, ...] = get_args(Status)
NAN = math.nan


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with one line, and what came of it."""

    place: str
    kind: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


@dataclass(frozen=True, slots=True)
class Predictions:
    """What a file holds."""

    rows: tuple[Predicted, ...]
    problems: tuple[Problem, ...]


def read_predictions(path: Path, *, answers: Path | None = None) -> Predictions:
    """Read a file; `answers` is a second one with the answers alone (NExT-GQA's `*-res.json`).

    Raises:
        DatasetError: the file cannot be read, or holds no prediction at all.
    """
    rows: list[Predicted] = []
    problems: list[Problem] = []
    for place, key, value in _entries(path, problems):
        predicted = _row(place, key, value, problems)
        if predicted is not None:
            rows.append(predicted)
    if not rows:
        told = "".join(f"\n{problem}" for problem in problems[:5])
        raise DatasetError(
            f"{path} holds no prediction. Each line must be an object with a qid.{told}"
        )
    if answers is not None:
        rows = _answered(rows, read_predictions(answers))
    return Predictions(tuple(rows), tuple(problems))


def as_seconds(predictions: Predictions, lengths: Mapping[str, float]) -> Predictions:
    """Return predictions whose times were shares of the video as seconds, to a tenth as NExT-GQA's script has them.

    Args:
        predictions: with times from 0 to 1.
        lengths: seconds of the video, by qid; a prediction of another qid stays as it is.
    """
    rows = tuple(
        replace(row, windows=tuple(_stretched(window, lengths[row.id]) for window in row.windows))
        if row.id in lengths
        else row
        for row in predictions.rows
    )
    return replace(predictions, rows=rows)


def _stretched(window: Stated, length: float) -> Stated:
    start, end, score = window
    return round(start * length, 1), round(end * length, 1), score


def _answered(rows: list[Predicted], said: Predictions) -> list[Predicted]:
    by_id = {row.id: row for row in said.rows}
    return [
        replace(row, answer=by_id[row.id].answer, expected=by_id[row.id].expected)
        if row.id in by_id
        else row
        for row in rows
    ]


def _entries(path: Path, problems: list[Problem]) -> Iterator[tuple[str, str | None, Any]]:
    """Yield (place, key, value): of each line, list entry or key of the file."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(
            f"Cannot read {path}: {error}. Give a UTF-8 file of predictions."
        ) from error
    doubled: list[str] = []
    try:
        document = json.loads(text, object_pairs_hook=lambda pairs: _noting(pairs, doubled))
    except ValueError:
        yield from _lines(path, text, problems)
        return
    problems.extend(
        Problem(f"{path}[{key!r}]", "duplicate qid", f"{key!r} stands twice; the later one counts.")
        for key in doubled
    )
    if isinstance(document, dict) and isinstance(document.get("results"), list):
        document = document["results"]
    if isinstance(document, list):
        for number, value in enumerate(document):
            yield from _questions(f"{path}[{number}]", value)
    elif isinstance(document, dict) and not {"qid", "id"} & document.keys():
        yield from ((f"{path}[{key!r}]", key, value) for key, value in document.items())
    else:
        yield f"{path}:1", None, document


def _questions(place: str, value: Any) -> Iterator[tuple[str, None, Any]]:
    """Yield the questions of a video, where an entry is one (Video-MME), else the entry."""
    if isinstance(value, dict) and isinstance(value.get("questions"), list):
        for number, question in enumerate(value["questions"]):
            yield f"{place}.questions[{number}]", None, question
    else:
        yield place, None, value


def _noting(pairs: list[tuple[str, Any]], doubled: list[str]) -> dict[str, Any]:
    """Build an object and note its keys that stand twice; json would silently keep the last."""
    doubled += [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
    return dict(pairs)


def _lines(path: Path, text: str, problems: list[Problem]) -> Iterator[tuple[str, str | None, Any]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        place = f"{path}:{number}"
        try:
            yield place, None, json.loads(line)
        except ValueError as error:
            problems.append(
                Problem(
                    place, "no JSON", f"{line[:60]!r} is no JSON ({error}); its query is missing."
                )
            )


def _row(place: str, key: str | None, value: Any, problems: list[Problem]) -> Predicted | None:
    fields = value
    if key is not None and isinstance(value, list | str):
        fields = {"pred" if isinstance(value, list) else "response": value}
    if not isinstance(fields, dict):
        problems.append(
            Problem(place, "no object", f"{str(value)[:60]!r} is no object; its query is missing.")
        )
        return None
    identifier = _identifier(fields) if key is None else key
    if identifier is None:
        problems.append(
            Problem(place, "no qid", "names no query (qid or id); its query is missing.")
        )
        return None
    name = next((name for name in WINDOWS if name in fields), None)
    windows, unreadable = _windows(fields.get(name)) if name else ((), ())
    problems.extend(
        Problem(place, "unreadable window", f"`{name}` holds {one}; it counts as wrong.")
        for one in unreadable
    )
    answer = next((fields[name] for name in ANSWERS if fields.get(name) is not None), None)
    expected = fields.get("answer") if fields.get("prediction") is not None else None
    return Predicted(
        id=identifier,
        place=place,
        windows=windows,
        saliency=_saliency(place, fields.get("pred_saliency_scores"), problems),
        answer=None if answer is None else str(answer),
        expected=None if expected is None else str(expected),
        status=_status(fields, windows, bool(unreadable)),
    )


def _identifier(fields: dict[str, Any]) -> str | None:
    if {"clip_uid", "annotation_uid", "query_idx"} <= fields.keys():
        return query_id(*(fields[name] for name in ("clip_uid", "annotation_uid", "query_idx")))
    identifier = next((fields[name] for name in IDS if fields.get(name) is not None), None)
    return None if identifier is None else str(identifier)


def _windows(value: Any) -> tuple[tuple[Stated, ...], tuple[str, ...]]:
    """Return the windows and a description of each that cannot be read."""
    if value is None or value == [None, None]:
        return (), ()
    listed = value if isinstance(value, list) else [value]
    if len(listed) in (2, 3) and not any(isinstance(one, list) for one in listed):
        listed = [listed]
    read = [_window(one, rank) for rank, one in enumerate(listed)]
    unreadable = [
        json.dumps(one)[:60] for one, window in zip(listed, read, strict=True) if window is None
    ]
    return tuple(window or (NAN, NAN, -float(rank)) for rank, window in enumerate(read)), tuple(
        unreadable
    )


def _window(value: Any, rank: int) -> Stated | None:
    if not isinstance(value, list) or len(value) not in (2, 3):
        return None
    if not all(map(is_finite, value)):
        return None
    # Without scores the order of the file is the ranking.
    return float(value[0]), float(value[1]), float(value[2]) if len(value) == 3 else -float(rank)


def _saliency(place: str, value: Any, problems: list[Problem]) -> tuple[float, ...] | None:
    if value is None:
        return None
    if isinstance(value, list) and value and all(map(is_finite, value)):
        return tuple(map(float, value))
    problems.append(
        Problem(
            place,
            "unreadable saliency",
            "`pred_saliency_scores` is no list of finite numbers; it counts as wrong.",
        )
    )
    return None


def _status(fields: dict[str, Any], windows: tuple[Stated, ...], unreadable: bool) -> Status:
    stated = next((status for status in STATUSES if status == fields.get("status")), None)
    if stated is not None:
        return stated
    if fields.get("status") == "error":  # `whenwhat eval` could not ask: nobody said "nowhere"
        return "failed"
    # Time-R1 writes [null, null] for a reply it cannot read.
    failed = fields.get("pred") == [None, None] or (
        unreadable and all(math.isnan(w[0]) for w in windows)
    )
    return "failed" if failed else "ok"
