"""Rows for the trainer: what TRL carries around for one sample, and from it what the model is shown."""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from grounder.adapters import Adapter
from grounder.errors import DatasetError
from grounder.ground.vlm import SLACK, window_frames
from grounder.prompt import grounding_messages
from grounder.sample import END_TOLERANCE, Sample
from grounder.span import Span
from grounder.video import Frames, Video
from grounder.vlm import Prompt

KEPT = 4  # videos whose frames are kept: queries of one video often stand together


def rows_of(samples: Iterable[Sample], *, adapter: Adapter, folder: Path) -> list[dict[str, Any]]:
    """Return one row per sample, shown its whole video, after a look at every file.

    Args:
        samples: what to train on.
        adapter: how the model is asked; its budget says how long a video it can be shown.
        folder: where relative video paths start.

    Raises:
        DatasetError: there are no samples, a video is missing or too long, or a span lies outside it.
        VideoError: a video cannot be read.
    """
    lengths: dict[Path, Span] = {}
    rows = []
    for sample in samples:
        path = folder / sample.video
        if path not in lengths:
            lengths[path] = _stretch(path, sample, adapter)
        rows.append(_row(sample, path, lengths[path]))
    if not rows:
        raise DatasetError(
            "There are no rows to train on. Name a dataset with rows, or filter less."
        )
    return rows


def prompts_for(adapter: Adapter) -> Callable[[Mapping[str, Any]], Prompt]:
    """Return the function from a row to what the model is shown: the same frames and words as when it serves."""

    @lru_cache(maxsize=KEPT)
    def frames_of(path: str, within: Span) -> Frames:
        with Video.open(path) as video:
            return window_frames(video, within, adapter.budget)

    def prompt_of(row: Mapping[str, Any]) -> Prompt:
        within = Span(*row["within"])
        frames = frames_of(row["video"], within)
        return grounding_messages(adapter, frames, row["query"], within=within)

    return prompt_of


def _stretch(path: Path, sample: Sample, adapter: Adapter) -> Span:
    if not path.is_file():
        raise DatasetError(
            f"Row {sample.id}: its video {path} is missing. Relative paths start at the dataset's folder."
        )
    with Video.open(path) as video:
        length = video.span
    if length.duration > adapter.budget.max_seconds + SLACK:
        raise DatasetError(
            f"Row {sample.id}: {path} is {length.duration:.1f} s long, and the adapter {adapter.name!r} shows at "
            f"most {adapter.budget.max_seconds:.0f} s. Cut the video, leave the row out, or choose another adapter."
        )
    return length


def _row(sample: Sample, path: Path, length: Span) -> dict[str, Any]:
    for span in sample.spans:
        if span.start >= length.end or span.end > length.end + END_TOLERANCE:
            raise DatasetError(
                f"Row {sample.id}: {span} lies outside {path}, which has {length.end:.2f} s. Mend the row."
            )
    return {
        "id": sample.id,
        # What TRL logs; what the model is shown is made of the rest.
        "prompt": [{"role": "user", "content": sample.query}],
        "video": str(path),
        "query": sample.query,
        "within": [length.start, length.end],
        "spans": [[span.start, span.end] for span in sample.spans],
        "answer": sample.answer,
        "options": list(sample.options),
    }
