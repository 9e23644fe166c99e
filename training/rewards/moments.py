"""Rewards of several moments: all that the reply names against all that is true.

Each is None where the query is nowhere in the video (`refusal` judges those rows). P: the union of what is named,
G: the union of what is true, |·|: seconds.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

from grounder.reply import Reply
from grounder.span import Span, iou_of_sets, merge, overlap_of_sets, total_duration
from training.rewards.moment import generalised_iou
from training.rewards.reward import Truth


def set_iou(reply: Reply, truth: Truth) -> float | None:
    """|P ∩ G| / |P ∪ G|, in [0, 1]. Source: TimeLens2 (arXiv 2607.17423), `tiou`."""
    return iou_of_sets(reply.spans, truth.spans) if truth.spans else None


def soft_f1(reply: Reply, truth: Truth) -> float | None:
    """2 |P ∩ G| / (|P| + |G|), the F1 of seconds, in [0, 1].

    Source: MUSEG (THUNLP-MT/MUSEG src/train.py), the global part of its segment matching.
    """
    if not truth.spans:
        return None
    total = total_duration(reply.spans) + total_duration(truth.spans)
    return 2 * overlap_of_sets(reply.spans, truth.spans) / total


def paired_giou(reply: Reply, truth: Truth) -> float | None:
    """Mean of (1 + gIoU) / 2 over pairs taken in order of time, in [0, 1]; a moment without a partner gives 0.

    Source: MUSEG (THUNLP-MT/MUSEG src/train.py), the local part of its segment matching.
    """
    if not truth.spans:
        return None
    pairs = zip(sorted(reply.spans), sorted(truth.spans), strict=False)
    fits = [generalised_iou(found, span) for found, span in pairs]
    return sum(fits) / max(len(reply.spans), len(truth.spans))


def wasserstein(reply: Reply, truth: Truth) -> float | None:
    """exp(−W1(U(P), U(G)) / |G|), U spreading mass 1 evenly; in (0, 1], 0 without a moment.

    Source: TimeLens2 (arXiv 2607.17423), `twass1`.
    """
    if not truth.spans:
        return None
    if not reply.spans:
        return 0.0
    return math.exp(-transport_distance(reply.spans, truth.spans) / total_duration(truth.spans))


def length_ratio(reply: Reply, truth: Truth) -> float | None:
    """max(−1, −|log10(|P| / |G|)|), in [−1, 0]: ten times too long or too short, or no moment, is the worst.

    Source: TimeLens2 (arXiv 2607.17423), an option there; the floor is ours.
    """
    if not truth.spans:
        return None
    if not reply.spans:
        return -1.0
    return max(-1.0, -abs(math.log10(total_duration(reply.spans) / total_duration(truth.spans))))


def transport_distance(left: Sequence[Span], right: Sequence[Span]) -> float:
    """Return the Wasserstein-1 distance, in seconds, of the uniform distributions over two unions (none empty).

    In one dimension it is the area between the two cumulative distributions, which are straight between
    the ends of spans.
    """
    times = sorted({time for span in (*left, *right) for time in (span.start, span.end)})
    gaps = [_share_before(left, time) - _share_before(right, time) for time in times]
    area = 0.0
    for (start, end), (first, last) in zip(pairwise(times), pairwise(gaps), strict=True):
        if first * last >= 0:
            area += (end - start) * abs(first + last) / 2
        else:  # the lines cross: two triangles
            area += (end - start) * (first**2 + last**2) / (2 * (abs(first) + abs(last)))
    return area


def _share_before(spans: Sequence[Span], time: float) -> float:
    before = sum(min(time, span.end) - span.start for span in merge(spans) if span.start < time)
    return before / total_duration(spans)
