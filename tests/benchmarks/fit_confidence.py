"""Fit the constants of `grounder/search/confidence.toml` and tell how good they are on unseen videos.

    whenwhat index ../shared/videos --library LIBRARY --encoder conse
    python tests/benchmarks/fit_confidence.py ../shared/videos --library LIBRARY

Present queries are those annotated for a video. Absent ones are of two kinds: easy, those of videos
of another source; hard, the ones in `absent_queries.jsonl`, written by hand to be likely in that very
video and checked by eye not to be. Present and absent weigh the same, and so do easy and hard.
Every figure is leave-one-video-out: what judges a video was fitted without it. For text, the
annotated descriptions of a video stand for its transcript. Present are its multiple-choice questions
and those of `text_questions.jsonl`, written by hand to be told by one line. Hard are the ones written
there to share a word or two with the lines and not to be told by them, and `absent_queries.jsonl`.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grounder.encoders import load_encoder
from grounder.encoders.minilm import MiniLM
from grounder.library import IndexedVideo, Library
from grounder.search import VisualTrack
from grounder.search.candidates import candidates
from grounder.search.confidence import logistic, margin
from grounder.search.fusion import rank
from grounder.search.words import WordIndex
from grounder.span import Span

Array = NDArray[np.float64]
ABSENT = Path(__file__).with_name("absent_queries.jsonl")
QUESTIONS = Path(__file__).with_name("text_questions.jsonl")
SURE = 0.8
LONGEST = 60.0
LISTED = 5
EVEN = 0.5


@dataclass(frozen=True)
class Clip:
    """One video, as the search sees it."""

    name: str
    track: VisualTrack
    bounds: Array


@dataclass(frozen=True)
class Trials:
    """One row for each query asked of a video."""

    video: NDArray[np.str_]
    kind: NDArray[np.str_]
    """`present`, `easy` or `hard`."""
    features: Array

    @property
    def present(self) -> NDArray[np.bool_]:
        return np.asarray(self.kind == "present")

    @property
    def weights(self) -> Array:
        """Half of all weight to the present queries, the rest shared by the kinds of absent ones."""
        kinds, rows, counts = np.unique(self.kind, return_inverse=True, return_counts=True)
        absent = 0.5 / (len(kinds) - 1)
        shares = np.where(kinds == "present", 0.5, absent) / counts
        return np.asarray(shares[rows] * len(self.kind))


@dataclass(frozen=True)
class Places:
    """One row for each present query: by how much its first window leads, and which of the first are right."""

    video: NDArray[np.str_]
    margins: Array
    """(n, 1)."""
    hits: Array
    """(n, LISTED)."""


def main() -> None:
    options = parser().parse_args()
    rows = [json.loads(line) for line in (options.videos / "annotations.jsonl").open()]
    with Library.open(options.library) as library:
        encoder = load_encoder(options.encoder)
        clips = [open_clip(library.open_index(v.video_id, encoder)) for v in library.videos()]
        names = {clip.name for clip in clips}
        grounding = [row for row in rows if row["type"] == "grounding" and row["vid"] in names]
        family = encoder.name.partition(":")[0]
        trials, places = ask_clips(clips, grounding, [json.loads(row) for row in ABSENT.open()])
    show(f"visual.{family}: presence", trials, names=("slope over cosine / reach",))
    show_threshold(trials)
    show_places(places)
    text = ask_texts(
        [row for row in rows if row["type"] == "grounding"],
        [row | {"kind": "present"} for row in rows if row["type"] == "mcqa"]
        + [json.loads(row) for row in QUESTIONS.open()]
        + [json.loads(row) | {"kind": "hard"} for row in ABSENT.open()],
    )
    words = Trials(text.video, text.kind, text.features[:, 1:])
    for name, trials in (("minilm", text), ("words", words)):
        slopes = ("cosine", "coverage")[-trials.features.shape[1] :]
        show(f"text.{name}: the best line", trials, names=slopes)
        show_threshold(trials)


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    found.add_argument("videos", type=Path)
    found.add_argument("--library", type=Path, required=True)
    found.add_argument("--encoder", default="conse")
    return found


def open_clip(indexed: IndexedVideo) -> Clip:
    track = indexed.tracks[0]
    assert isinstance(track, VisualTrack)
    whole = Span(0.0, indexed.duration)
    bounds = candidates(indexed.scenes, whole, longest=min(LONGEST, whole.duration))
    return Clip(indexed.path.stem, track, bounds)


def source(name: str) -> str:
    """Return what videos that may share a topic have in common."""
    return name.split("_")[0] if name.startswith(("charades", "anet")) else name


def ask_clips(
    clips: Sequence[Clip], rows: Sequence[dict[str, Any]], absent: Sequence[dict[str, Any]]
) -> tuple[Trials, Places]:
    """Return trials (mean cosine in the best window, as a part of the query's reach) and places."""
    trials, places = [], []
    for clip in clips:
        easy = [row for row in rows if source(row["vid"]) != source(clip.name)]
        hard = [row for row in absent if row["vid"] == clip.name]
        present = [row for row in rows if row["vid"] == clip.name]
        for kind, asked in (("present", present), ("easy", easy), ("hard", hard)):
            for row in asked:
                found = rank(clip.track, row["query"], clip.bounds).bounds
                trials.append((clip.name, kind, [fit_of(clip, row["query"], found)]))
                if kind == "present":
                    hits = [is_right(Span(*window), row) for window in found[:LISTED].tolist()]
                    lead = margin(found, clip.track.score(row["query"], found))
                    places.append((clip.name, [lead], (hits + [False] * LISTED)[:LISTED]))
    names, leads, hits = zip(*places, strict=True)
    return as_trials(trials), Places(np.array(names), np.array(leads), np.array(hits, float))


def fit_of(clip: Clip, query: str, found: Array) -> float:
    reach = clip.track.encoder.reach([query])[0]
    return float(clip.track.similarity(query).mean(found).max() / reach)


def is_right(window: Span, row: dict[str, Any]) -> bool:
    """Tell whether a window and a true moment share at least half of the shorter one."""
    truths = [Span(*moment) for moment in row["relevant_windows"]]
    return any(
        window.overlap(truth) >= 0.5 * min(window.duration, truth.duration) for truth in truths
    )


def ask_texts(rows: Sequence[dict[str, Any]], questions: Sequence[dict[str, Any]]) -> Trials:
    """Return trials (cosine and coverage of the line that fits best)."""
    minilm = MiniLM()
    trials = []
    lined = {row["vid"] for row in rows}
    for name in sorted({row["vid"] for row in questions if row["kind"] == "present"} & lined):
        lines = [row["query"] for row in rows if row["vid"] == name]
        vectors, index = minilm.encode(lines), WordIndex(lines)
        for question in questions:
            if question["kind"] == "hard" and question["vid"] != name:
                continue
            text = question.get("question") or question["query"]
            cosines, coverage = vectors @ minilm.encode([text])[0], index.coverage(text)
            best = int(np.argmax(cosines + coverage))
            feature = [float(cosines[best]), float(coverage[best])]
            kind = question["kind"] if question["vid"] == name else "easy"
            trials.append((name, kind, feature))
    return as_trials(trials)


def as_trials(rows: Sequence[tuple[str, str, list[float]]]) -> Trials:
    names, kinds, features = zip(*rows, strict=True)
    return Trials(np.array(names), np.array(kinds), np.array(features, dtype=np.float64))


def fit_logistic(features: Array, labels: Array, weights: Array) -> Array:
    """Return intercept and slopes by Newton's method, with a light ridge on standardised slopes."""
    centre, spread = features.mean(axis=0), features.std(axis=0)
    design = np.c_[np.ones(len(features)), (features - centre) / spread]
    theta = np.zeros(design.shape[1])
    ridge = np.diag([0.0] + [1.0] * features.shape[1])
    for _ in range(50):
        chance = logistic(design @ theta)
        slope = design.T @ (weights * (chance - labels)) + ridge @ theta
        curvature = (design * (weights * chance * (1 - chance))[:, None]).T @ design + ridge
        theta -= np.linalg.solve(curvature, slope)
    slopes = theta[1:] / spread
    return np.r_[theta[0] - slopes @ centre, slopes]


def fit_decay(hits: Array) -> float:
    """Return the ratio of each window's chance to the one before it (log-linear fit)."""
    rates = hits.mean(axis=0)
    slope, _ = np.polyfit(np.arange(LISTED), np.log(np.maximum(rates, 1e-3)), 1, w=np.sqrt(rates))
    return float(min(np.exp(slope), 0.99))


def left_out(video: NDArray[np.str_], features: Array, labels: Array, weights: Array) -> Array:
    """Return the chance of each row by constants that were fitted without its video."""
    chances = np.empty(len(labels))
    for name in np.unique(video):
        test = video == name
        theta = fit_logistic(features[~test], labels[~test], weights[~test])
        chances[test] = logistic(theta[0] + features[test] @ theta[1:])
    return chances


def chances_of(trials: Trials) -> Array:
    return left_out(
        trials.video, trials.features, trials.present.astype(np.float64), trials.weights
    )


def show(title: str, trials: Trials, *, names: Sequence[str]) -> None:
    labels = trials.present.astype(np.float64)
    theta = fit_logistic(trials.features, labels, trials.weights)
    chances = chances_of(trials)
    brier = np.average((chances - labels) ** 2, weights=trials.weights)
    kinds = dict(zip(*np.unique(trials.kind, return_counts=True), strict=True))
    print(f"[{title}]  queries: {', '.join(f'{n} {kind}' for kind, n in kinds.items())}")
    print(f"  intercept = {theta[0]:.2f}")
    for name, slope in zip(names, theta[1:], strict=True):
        print(f"  {name} = {slope:.2f}")
    for kind in kinds.keys() - {"present"}:
        rows = (trials.kind == kind) | trials.present
        print(f"  held out, {kind} absent: AUROC {auroc(chances[rows], trials.present[rows]):.3f}")
    print(
        f"  held out: Brier {brier:.3f} (0.250 by chance), calibration error "
        f"{calibration_error(chances, trials.present, trials.weights):.3f}"
    )


def show_threshold(trials: Trials) -> None:
    """Tell what part of each kind passes as present; the threshold too is chosen without the video."""
    chances, passed = chances_of(trials), np.empty(len(trials.kind), bool)
    for name in np.unique(trials.video):
        test = trials.video == name
        passed[test] = chances[test] >= best_threshold(
            chances[~test], trials.present[~test], trials.weights[~test]
        )
    limit = best_threshold(chances, trials.present, trials.weights)
    for title, taken in (
        (f"even {EVEN}", chances >= EVEN),
        (f"best {limit:.2f}, in-sample", chances >= limit),
        ("best, held out", passed),
    ):
        rates = {kind: taken[trials.kind == kind].mean() for kind in np.unique(trials.kind)}
        right = np.average(taken == trials.present, weights=trials.weights)
        told = ", ".join(f"{kind} {rate:.2f}" for kind, rate in rates.items())
        print(f"  threshold {title}: passes {told}; balanced accuracy {right:.3f}")


def best_threshold(chances: Array, present: NDArray[np.bool_], weights: Array) -> float:
    steps = np.arange(0.2, 0.81, 0.05)
    right = [np.average((chances >= step) == present, weights=weights) for step in steps]
    return float(steps[int(np.argmax(right))])


def show_places(places: Places) -> None:
    first, even = places.hits[:, 0], np.ones(len(places.hits))
    theta = fit_logistic(places.margins, first, even)
    chances = left_out(places.video, places.margins, first, even)
    sure = chances >= SURE
    print(f"[place]  {len(first)} queries; the first window is right for {first.mean():.2f}")
    print(f"  place = [{theta[0]:.2f}, {theta[1]:.2f}]\n  decay = {fit_decay(places.hits):.2f}")
    print(
        f"  held out: AUROC {auroc(chances, first > 0):.3f}, "
        f"Brier {((chances - first) ** 2).mean():.3f} ({first.var():.3f} by the mean); "
        f"{sure.sum()} are sure, {first[sure].mean():.2f} of these right"
    )


def auroc(chances: Array, present: NDArray[np.bool_]) -> float:
    yes, no = chances[present][:, None], chances[~present][None]
    return float((yes > no).mean() + (yes == no).mean() / 2)


def calibration_error(chances: Array, present: NDArray[np.bool_], weights: Array) -> float:
    """Expected calibration error over ten bins (Naeini et al. 2015)."""
    bins = np.minimum((chances * 10).astype(int), 9)
    gaps = [abs(((chances - present) * weights)[bins == b].sum()) for b in range(10)]
    return float(sum(gaps) / weights.sum())


if __name__ == "__main__":
    main()
