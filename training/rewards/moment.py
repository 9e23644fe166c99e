"""Rewards of one moment: the reply's surest moment against the truth span that gives the most.

Each is None where the query is nowhere in the video (`refusal` judges those rows), and 0 for a reply
without a moment. s, e, c: start, end and centre in seconds; ' marks the truth; T: seconds that were shown.
"""

import math
from collections.abc import Callable

from grounder.reply import Reply
from grounder.span import Span
from training.metrics import best_iou
from training.rewards.reward import Truth


def surest(reply: Reply) -> Span | None:
    """Return the moment the model is surest of (no stated confidence counts as sure; ties: the first)."""
    stated = [1.0 if value is None else value for value in reply.confidences]
    return reply.spans[stated.index(max(stated))] if reply.spans else None


def iou(reply: Reply, truth: Truth) -> float | None:
    """IoU = |P ∩ G| / |P ∪ G|, in [0, 1].

    Source: TimeZero (arXiv 2503.13377v1), TVG-R1 (2507.18100), TimeLens (2512.14698).
    """
    return best_iou(surest(reply), truth.spans) if truth.spans else None


def timestamp_iou(reply: Reply, truth: Truth) -> float | None:
    """IoU · (1 − |s−s'|/T) · (1 − |e−e'|/T), in [0, 1].

    Source: Time-R1 (arXiv 2503.13377v2), `iou_timestamp_reward_v2`.
    """
    length = truth.within.duration

    def fit(found: Span, span: Span) -> float:
        start, end = abs(found.start - span.start) / length, abs(found.end - span.end) / length
        return found.iou(span) * max(0.0, 1 - start) * max(0.0, 1 - end)

    return _best(reply, truth, fit)


def cendist(reply: Reply, truth: Truth) -> float | None:
    """max(0, 1 − |c−c'|/T), in [0, 1]: tells far from near where IoU is 0.

    The middle of the video earns 0.75 or more on average, so it belongs beside IoU with a small weight.
    Source: LongVTG-R1 (OpenReview 8H1HmGH8ua); the formula is the one attributed to it, the paper's own is unknown.
    """
    length = truth.within.duration
    return _best(
        reply, truth, lambda found, span: max(0.0, 1 - abs(found.centre - span.centre) / length)
    )


def cendist_exp(reply: Reply, truth: Truth, *, kappa: float = 0.1) -> float | None:
    """exp(−|c−c'| / (κT)), in (0, 1], 0 without a moment: `cendist` that keeps a slope near the answer. Ours."""
    scale = kappa * truth.within.duration
    return _best(
        reply, truth, lambda found, span: math.exp(-abs(found.centre - span.centre) / scale)
    )


def giou(reply: Reply, truth: Truth) -> float | None:
    """(1 + gIoU) / 2 with gIoU = IoU − (|H| − |P ∪ G|) / |H|, H the hull; in [0, 1].

    Source: arXiv 1902.09630, in one dimension.
    """
    return _best(reply, truth, generalised_iou)


def diou(reply: Reply, truth: Truth) -> float | None:
    """(1 + DIoU) / 2 with DIoU = IoU − (c−c')² / |H|², H the hull; in [0, 1].

    Source: arXiv 1911.08287, in one dimension.
    """

    def fit(found: Span, span: Span) -> float:
        apart = (found.centre - span.centre) / found.hull(span).duration
        return (1 + found.iou(span) - apart**2) / 2

    return _best(reply, truth, fit)


def boundary(reply: Reply, truth: Truth, *, kappa: float = 0.1) -> float | None:
    """exp(−(|s−s'| + |e−e'|) / (2κT)), in (0, 1], 0 without a moment. Ours."""
    scale = 2 * kappa * truth.within.duration

    def fit(found: Span, span: Span) -> float:
        return math.exp(-(abs(found.start - span.start) + abs(found.end - span.end)) / scale)

    return _best(reply, truth, fit)


def generalised_iou(found: Span, span: Span) -> float:
    """Return (1 + gIoU) / 2, in [0, 1]."""
    hull = found.hull(span).duration
    union = found.duration + span.duration - found.overlap(span)
    return (1 + found.iou(span) - (hull - union) / hull) / 2


def _best(reply: Reply, truth: Truth, fit: Callable[[Span, Span], float]) -> float | None:
    if not truth.spans:
        return None
    found = surest(reply)
    return 0.0 if found is None else max(fit(found, span) for span in truth.spans)
