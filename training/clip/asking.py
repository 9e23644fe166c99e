"""Asking: queries made for a folder of rendered videos, put to an encoder through the index and the search."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from grounder.errors import DatasetError
from grounder.sample import Sample
from grounder.search import VisualTrack, search
from grounder.search.candidates import candidates
from grounder.search.confidence import margin
from grounder.search.fusion import rank
from grounder.span import Span
from scenetg.world import Wanted, rows
from scenetg.world.build import Settings, finished_seeds, video_path
from scenetg.world.vocabulary import OBJECTS

if TYPE_CHECKING:
    from grounder.encoders import Encoder
    from grounder.library import IndexedVideo, Library

LONGEST = 60.0
"""Seconds of the longest window."""
K = 5
PRESENT = (
    "look",
    "look before background",
    "background",
    "together",
    "action",
    "vague action",
)
"""Kinds of queries that are true somewhere; what moves is looked for by its look."""
ABSENT = ("look", "look before background")
"""Kinds that refusals are made from: one frame can tell that they are not there."""
EACH = Wanted(ground=0, refuse=0, caption=0, verify=0, qa=0, shots=False)
STRANGERS = 4
"""Queries in each video for things that the rendered world does not have."""

Values = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Asked:
    """What one query got."""

    row: Sample
    windows: tuple[Span, ...]
    """The first five."""
    presence: float
    """By the constants in use, in [0, 1]."""
    cosine: float
    """Mean cosine of the best window, as a part of the query's reach."""
    margin: float
    """See `search.confidence.margin`."""
    auc: float | None
    """Chance that a frame inside the truth outscores one outside; None where there are none of one sort."""

    @property
    def kind(self) -> str:
        """What sort of query it is: `look`, `absent look`, `stranger`."""
        return str(self.row.meta["kind"])


def queries(folder: Path, split: str, *, count: int) -> list[Sample]:
    """Return queries for the finished videos of a folder that `whenwhat world` made.

    Args:
        folder: With `world.json`.
        split: `train`, `validation` or `test`.
        count: Queries that are true somewhere in each video, and as many that are not.

    Raises:
        DatasetError: there is no such folder, or no video of that split in it.
    """
    try:
        settings = Settings(**json.loads((folder / "world.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise DatasetError(
            f"{folder} is no folder of rendered videos: {error}. Make one with `whenwhat world`."
        ) from error
    made: list[Sample] = []
    for seed in finished_seeds(folder, split):
        world, video = settings.world(seed), str(video_path(folder, seed))
        made += rows(world, video, wanted=replace(EACH, ground=count), kinds=PRESENT)
        made += rows(world, video, wanted=replace(EACH, refuse=count), kinds=ABSENT)
        model = Sample(f"world-{seed}-stranger", video, world.duration, "", (), "", split)
        made += [
            replace(model, query=f"a {thing} is shown", meta={"kind": "stranger"})
            for thing in (OBJECTS[(seed + number) % len(OBJECTS)] for number in range(STRANGERS))
        ]
    if not made:
        raise DatasetError(f"{folder} holds no {split} video. Render some: --split {split}.")
    return made


def ask(
    asked: Sequence[Sample],
    encoder: "Encoder",
    library: "Library",
    *,
    progress: Callable[[float], None] = lambda done: None,
) -> Iterator[Asked]:
    """Index each video once and ask its queries.

    Args:
        asked: From `queries`.
        encoder: To measure.
        library: Where the indexes are kept.
        progress: Told how many queries are done.
    """
    from grounder.indexing import index_video

    indexed: IndexedVideo | None = None
    for done, row in enumerate(asked, start=1):
        if indexed is None or indexed.path != Path(row.video).resolve():
            indexed = index_video(library, row.video, encoder=encoder)
        yield _ask(row, indexed)
        progress(done)


def auroc(positive: Values, negative: Values) -> float:
    """Return the chance that one of the first outscores one of the second; 0.5 is a coin."""
    high, low = positive[:, None], negative[None]
    return float((high > low).mean() + (high == low).mean() / 2)


def _ask(row: Sample, indexed: "IndexedVideo") -> Asked:
    track = next(track for track in indexed.tracks if isinstance(track, VisualTrack))
    whole = Span(0.0, indexed.duration)
    longest = min(LONGEST, whole.duration)
    windows = search(indexed, row.query, k=K, longest=longest)
    named = rank(track, row.query, candidates(indexed.scenes, whole, longest=longest)).bounds
    curve = track.similarity(row.query)
    reach = float(track.encoder.reach([row.query])[0])
    return Asked(
        row,
        tuple(window.span for window in windows),
        windows[0].presence,
        float(curve.mean(named).max() / reach),
        margin(named, track.score(row.query, named)),
        _auc(curve.times, curve.values, row.spans),
    )


def _auc(times: Values, values: Values, spans: Sequence[Span]) -> float | None:
    inside = np.array([any(span.contains(time) for span in spans) for time in times.tolist()])
    if inside.all() or not inside.any():
        return None
    return auroc(values[inside], values[~inside])
