"""DiDeMo: sentences about half-minute home videos, in chunks of five seconds (Hendricks et al. 2017, arXiv 1708.01641)."""

import numpy as np

from scenetg.formats import FORMATS
from scenetg.formats.didemo import CHUNK
from training.benchmarks.benchmark import Benchmark
from training.metrics.case import NOTHING, Case, Columns, Rules, best_overlap, counted
from training.metrics.recall import recall

AGREED = 3
"""Annotators whose moments count: those that fit the prediction best."""
UNRANKED = 22
"""Rank of a moment that is not listed: there are 21 in all; the script stops with an error then."""


def measure(cases: list[Case], rules: Rules) -> Columns:
    """Return Rank@1 and Rank@5 (mean rank of the three best annotators' moments), mIoU, and R1 in seconds."""
    ranks = np.array([_rank(case) for case in cases])
    out = ~counted(cases, rules)
    own = {"Rank@1": ranks <= 1, "Rank@5": ranks <= 5}
    columns = recall(cases, rules, thresholds=(0.5, 0.7))
    if rules.mean_of_best:
        columns["mIoU"] = np.array([_agreed_overlap(case, rules.mean_of_best) for case in cases])
    return {name: np.where(out, np.nan, column) for name, column in (columns | own).items()}


def _rank(case: Case) -> float:
    listed = list(dict.fromkeys(_chunks(w[0], w[1]) for w in (case.predicted or NOTHING).windows))
    wanted = [_chunks(start, end) for start, end in case.label.windows]
    ranks = sorted(listed.index(one) + 1 if one in listed else UNRANKED for one in wanted)
    return float(np.mean(ranks[:AGREED])) if ranks else float(UNRANKED)


def _chunks(start: float, end: float) -> tuple[int, int]:
    if np.isnan(start + end):
        return -1, -1
    first = round(start / CHUNK)
    return first, max(round(end / CHUNK) - 1, first)


def _agreed_overlap(case: Case, best: int) -> float:
    windows = (case.predicted or NOTHING).windows
    overlaps = sorted(best_overlap(w, [truth]) for w in windows[:1] for truth in case.label.windows)
    return float(np.mean(overlaps[-best:])) if overlaps else 0.0


BENCHMARK = Benchmark(
    name="didemo",
    file="test_data.json",
    origin="data/test_data.json of github.com/LisaAnne/LocalizingMoments",
    read=FORMATS["didemo"].read,
    measure=measure,
    # utils/eval.py: the three annotators that agree best with the ranking; all 21 moments of every query ranked.
    official=Rules(
        missing="refuse", unknown="refuse", empty="refuse", as_stated=True, mean_of_best=AGREED
    ),
    headline=("Rank@1", "Rank@5", "mIoU", "R1@0.5", "R1@0.7"),
)
