"""Prediction: what a system said about one query, what it looked at and what that cost; and its JSON form."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from grounder.errors import DatasetError
from training.metrics.case import Stated

Status = Literal["ok", "repaired", "failed", "error"]
"""How it went: read as it stands; mended before; a reply that could not be read; nothing could be asked."""
Outcome = Literal["answered", "uncertain", "not_found"]
STATUSES: tuple[str, ...] = get_args(Status)
Json = object
"""A JSON value."""


@dataclass(frozen=True, slots=True)
class Seconds:
    """Wall-clock seconds of one query; the first four add up to `total`.

    What a video costs once, for all its queries (indexing), is in its first query. Queries that a model was asked in one
    call have even shares of its seconds.
    """

    decode: float = 0.0
    """Reading pictures."""
    vision: float = 0.0
    """In models that were shown pictures; the words they write about them are in it."""
    text: float = 0.0
    """In models that were given words alone."""
    search: float = 0.0
    """All the rest; nearly all of it is searching the index."""
    total: float = 0.0

    def share(self, of: int) -> "Seconds":
        """Return one of so many even shares."""
        parts = self.decode, self.vision, self.text, self.search, self.total
        return Seconds(*(part / of for part in parts))


@dataclass(frozen=True, slots=True)
class Prediction:
    """One line of `predictions.jsonl`."""

    qid: str
    windows: tuple[Stated, ...] = ()
    """(start, end, score), best first: seconds of the whole video."""
    answer: str | None = None
    """In words."""
    option: str | None = None
    """Letter of the chosen option."""
    raw: Json = None
    """The model's words: a text; a list of `{within, text}` where it was asked about several stretches; the whole
    document of an agent."""
    status: Status = "ok"
    outcome: Outcome | None = None
    """None where the status is `failed` or `error`."""
    confidence: float | None = None
    """Chance, in [0, 1], that the answer is right."""
    presence: float | None = None
    """Chance, in [0, 1], that what was asked for is in the video at all."""
    mode: str | None = None
    """Which frames an answer was made over, see `agent.modes`."""
    frames: int = 0
    """Pictures shown to models, each time one is."""
    visual_tokens: int = 0
    seconds: Seconds = field(default_factory=Seconds)
    looked: tuple[tuple[float, float], ...] = ()
    """Stretches that were looked at, in that order."""
    error: str | None = None
    """What broke; only with status `error`."""


def write_line(prediction: Prediction) -> str:
    """Return the JSON line, with its line break."""
    row = asdict(prediction)
    row["windows"] = [_rounded(window) for window in prediction.windows]
    row["looked"] = [_rounded(window) for window in prediction.looked]
    row["seconds"] = {name: round(spent, 6) for name, spent in row["seconds"].items()}
    return json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n"


def read_row(row: Mapping[str, Any], place: str) -> Prediction:
    """Return the prediction of a JSON object.

    Raises:
        DatasetError: it is none of ours; the message names the place.
    """
    try:
        return Prediction(
            **{
                **row,
                "windows": tuple(
                    (float(s), float(e), float(score)) for s, e, score in row["windows"]
                ),
                "looked": tuple((float(start), float(end)) for start, end in row["looked"]),
                "seconds": Seconds(**row["seconds"]),
            }
        )
    except (KeyError, TypeError, ValueError) as error:
        raise DatasetError(
            f"{place} is no prediction of `whenwhat eval` ({error!r}). `whenwhat score` reads files of others."
        ) from error


def _rounded(numbers: tuple[float, ...]) -> list[float]:
    return [round(number, 4) for number in numbers]
