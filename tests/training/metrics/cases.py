"""Cases from plain numbers."""

from collections.abc import Sequence

from scenetg.formats import Label
from training.metrics.case import Case, Predicted

Pair = tuple[float, float]


def case(
    truth: Sequence[Pair],
    predicted: Sequence[Pair | tuple[float, float, float]] | None,
    *,
    saliency: Sequence[float] | None = None,
    answer: str | None = None,
    label: Label | None = None,
) -> Case:
    """One query with its prediction; windows without a score are in order of score."""
    query = label or Label("q", "v", "a dog", tuple(truth), "test", "labels:1", 100.0)
    if predicted is None:
        return Case(query, None)
    windows = tuple(
        (window[0], window[1], window[2] if len(window) == 3 else -float(rank))
        for rank, window in enumerate(predicted)
    )
    stated = None if saliency is None else tuple(saliency)
    return Case(query, Predicted("q", "predictions:1", windows, stated, answer))
