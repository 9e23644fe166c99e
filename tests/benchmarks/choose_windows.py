"""Choose the constants of the search's windows, and tell what such a choice is worth on unseen videos.

    whenwhat index ../shared/videos --library LIBRARY --encoder conse
    python tests/benchmarks/choose_windows.py ../shared/videos --library LIBRARY

Every setting of a small grid is asked all annotated queries; its mark is the mean IoU of the first
window. In-sample: the setting that is best on all videos, marked on them. Held out: for each video
the setting that is best on the others, marked on this one alone.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from grounder.encoders import load_encoder
from grounder.library import IndexedVideo, Library
from grounder.search import candidates as windows
from grounder.search import curve, search
from grounder.span import Span

LONGEST = 60.0
GRID = {
    (curve, "LENGTH_REWARD"): (0.0, 0.1, 0.2, 0.3, 0.5),
    (curve, "SURROUNDINGS"): (0.0, 2.0, 5.0, 10.0),
    (windows, "SHORTEST"): (1.0, 2.0),
    (windows, "RUN"): (4, 8),
}
NAMES = tuple(name for _, name in GRID)


@dataclass(frozen=True)
class Asked:
    """One query and where it is true."""

    video: IndexedVideo
    text: str
    truth: tuple[Span, ...]


def main() -> None:
    options = parser().parse_args()
    with Library.open(options.library) as library:
        encoder = load_encoder(options.encoder)
        rows = library.videos()
        videos = {row.path.stem: library.open_index(row.video_id, encoder) for row in rows}
        asked = list(queries(options.videos / "annotations.jsonl", videos))
        settings = list(product(*GRID.values()))
        used = tuple(getattr(module, name) for module, name in GRID)
        marks = np.array([mark(setting, asked) for setting in settings])
    names = np.array([query.video.path.stem for query in asked])
    report(settings, marks, names, used)


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    found.add_argument("videos", type=Path)
    found.add_argument("--library", type=Path, required=True)
    found.add_argument("--encoder", default="conse")
    return found


def queries(path: Path, videos: dict[str, IndexedVideo]) -> Iterator[Asked]:
    for row in map(json.loads, path.open()):
        if row["type"] == "grounding" and row["vid"] in videos:
            truth = tuple(Span(*moment) for moment in row["relevant_windows"])
            yield Asked(videos[row["vid"]], row["query"], truth)


def mark(setting: Sequence[float], asked: Sequence[Asked]) -> list[float]:
    """Return the best IoU of each query's first window, with the constants set for this process."""
    for (module, name), value in zip(GRID, setting, strict=True):
        setattr(module, name, value)
    return [first_iou(query) for query in asked]


def first_iou(query: Asked) -> float:
    best = search(query.video, query.text, k=1, longest=min(LONGEST, query.video.duration))[0]
    return max(best.span.iou(moment) for moment in query.truth)


def report(
    settings: Sequence[tuple[float, ...]],
    marks: NDArray[np.float64],
    names: NDArray[np.str_],
    used: tuple[float, ...],
) -> None:
    chosen = int(marks.mean(axis=1).argmax())
    held_out = np.empty(len(names))
    print(f"{len(settings)} settings, {len(names)} queries, {len(set(names))} videos")
    for name in sorted(set(names)):
        others = names != name
        best = int(marks[:, others].mean(axis=1).argmax())
        held_out[~others] = marks[best, ~others]
        print(f"  without {name}: {told(settings[best])}")
    lines = {
        f"in-sample, best {told(settings[chosen])}": marks[chosen],
        "held out": held_out,
        f"in use, {told(used)}": marks[list(settings).index(used)],
    }
    for title, ious in lines.items():
        print(f"{title}: mIoU {ious.mean():.3f}, R1@0.3 {(ious >= 0.3).mean():.3f}")


def told(setting: Sequence[float]) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in zip(NAMES, setting, strict=True))


if __name__ == "__main__":
    main()
