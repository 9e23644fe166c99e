"""How well an encoder tells the frames inside a described moment from those outside, on real videos.

python -m tests.benchmarks.encoder_quality [--encoder conse] [--rate 1] [--videos FOLDER]

plain    ConSE as published: centre crop, all lemmas of a class, its 20 best classes, no centring
AUC      chance that a frame inside the true spans outscores one outside; 0.5 is a coin
R1@0.3   the one best-standing-out window of five lengths overlaps a true span by IoU >= 0.3
"""

import argparse
import json
import os
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grounder.encoders import UnitVectors, load_encoder
from grounder.encoders.conse import Conse
from grounder.encoders.pictures import Pictures, squares
from grounder.sampling import at_rate
from grounder.span import Span
from grounder.video import Video

TOP = 20
LENGTHS = (2.0, 4.0, 6.0, 10.0, 15.0)
"""Seconds of the windows tried."""
CHUNK = 64
"""Pictures decoded and encoded at a time."""


class Plain:
    """ConSE as Norouzi et al. describe it, over the same two networks."""

    name = "plain conse"

    def __init__(self, conse: Conse) -> None:
        from timm.data.imagenet_info import ImageNetInfo

        info = ImageNetInfo("imagenet-1k")
        names = [info.index_to_description(index) for index in range(1000)]
        self._classifier, self._sentences = conse._classifier, conse._sentences
        self._classes = self._sentences.encode(names)

    def encode_images(self, images: Pictures) -> UnitVectors:
        pixels = squares(images, 260).permute(0, 2, 3, 1).numpy()
        scores = self._classifier.scores(pixels)
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        floor = np.partition(powers, -TOP, axis=1)[:, -TOP, None]
        vectors = np.where(powers >= floor, powers, 0) @ self._classes
        unit: UnitVectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    def encode_texts(self, texts: Sequence[str]) -> UnitVectors:
        return self._sentences.encode(texts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--encoder", default="conse")
    parser.add_argument("--rate", type=float, default=1.0, help="frames a second")
    shared = Path(os.environ.get("WHENWHAT_SHARED", Path(__file__).parents[3] / "shared"))
    parser.add_argument("--videos", type=Path, default=shared / "videos")
    options = parser.parse_args()
    if not (options.videos / "annotations.jsonl").is_file():
        sys.exit(f"Skipped: {options.videos} has no annotations.jsonl; name it with --videos.")
    encoder = load_encoder(options.encoder)
    encoders: list[Any] = [Plain(encoder), encoder] if isinstance(encoder, Conse) else [encoder]
    results = measure(encoders, queries(options.videos), options.videos, options.rate)
    for each, rows in zip(encoders, results, strict=True):
        show(each.name, rows)


def queries(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the grounding queries of each video that is there."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in (folder / "annotations.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["type"] == "grounding" and (folder / f"{row['vid']}.mp4").is_file():
            found[row["vid"]].append(row)
    return found


def measure(
    encoders: list[Any], found: dict[str, list[dict[str, Any]]], folder: Path, rate: float
) -> list[list[tuple[str, float, bool]]]:
    """Return per encoder and query: the video, its AUC, and whether its best window is right."""
    results: list[list[tuple[str, float, bool]]] = [[] for _ in encoders]
    for name, rows in found.items():
        times, vectors = encode(encoders, folder / f"{name}.mp4", rate)
        for encoder, images, result in zip(encoders, vectors, results, strict=True):
            scores = images @ encoder.encode_texts([row["query"] for row in rows]).T
            for row, curve in zip(rows, scores.T, strict=True):
                spans = [Span(*pair) for pair in row["relevant_windows"]]
                inside = np.array([any(s.start <= t < s.end for s in spans) for t in times])
                window = best_window(curve, times, rate)
                right = max(window.iou(span) for span in spans) >= 0.3
                result.append((name, area(curve, inside), right))
    return results


def encode(
    encoders: list[Any], path: Path, rate: float
) -> tuple[NDArray[np.float64], list[UnitVectors]]:
    """Decode once; return the frames' times and each encoder's vectors."""
    parts: list[list[UnitVectors]] = [[] for _ in encoders]
    with Video.open(path) as video:
        wanted = at_rate(video.span, rate, max_frames=100_000)
        times: list[float] = []
        for first in range(0, len(wanted), CHUNK):
            frames = video.frames(wanted[first : first + CHUNK], max_side=480)
            times.extend(frames.times)
            for encoder, part in zip(encoders, parts, strict=True):
                part.append(encoder.encode_images(frames.images))
    return np.array(times), [np.concatenate(part) for part in parts]


def area(scores: NDArray[np.float32], inside: NDArray[np.bool_]) -> float:
    """Return the area under the ROC curve; NaN when all frames are on one side."""
    better = scores[inside][:, None] - scores[~inside][None, :]
    return float(np.mean((better > 0) + 0.5 * (better == 0))) if better.size else float("nan")


def best_window(scores: NDArray[np.float32], times: NDArray[np.float64], rate: float) -> Span:
    """Return the window whose sum stands out most, in standard errors of its length."""
    total = np.concatenate([[0.0], np.cumsum(scores - scores.mean())])
    candidates = []
    for seconds in LENGTHS:
        count = min(round(seconds * rate), len(scores))
        gain = (total[count:] - total[:-count]) / count**0.5
        first = int(gain.argmax())
        span = Span(float(times[first]), float(times[first]) + count / rate)
        candidates.append((float(gain[first]), span))
    return max(candidates, key=lambda candidate: candidate[0])[1]


def show(name: str, rows: list[tuple[str, float, bool]]) -> None:
    videos = sorted({video for video, _, _ in rows})
    print(f"\n{name}: {len(rows)} queries")
    print(f"{'video':28} {'queries':>7} {'AUC':>6} {'R1@0.3':>7}")
    for video in [*videos, "all queries"]:
        mine = [row for row in rows if video in (row[0], "all queries")]
        auc, right = np.nanmean([row[1] for row in mine]), np.mean([row[2] for row in mine])
        print(f"{video:28} {len(mine):7} {auc:6.3f} {right:7.3f}")


if __name__ == "__main__":
    main()
