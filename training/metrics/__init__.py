"""Scores of temporal grounding: one file per family, all over the same cases."""

from training.metrics.spans import (
    Passing,
    SpanScore,
    WindowRecall,
    best_iou,
    bootstrap,
    centre_prior,
    random_span,
    random_windows,
    score_span,
    score_windows,
    total,
    whole_video,
)

__all__ = [
    "Passing",
    "SpanScore",
    "WindowRecall",
    "best_iou",
    "bootstrap",
    "centre_prior",
    "random_span",
    "random_windows",
    "score_span",
    "score_windows",
    "total",
    "whole_video",
]
