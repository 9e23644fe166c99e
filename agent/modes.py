"""Which frames an answer is made over: five modes that share one frame budget, so that they compare.

`grounded` is Ground-then-Answer; the others are its controls (UniTime, arXiv 2506.18883, table 9:
one answerer, 32 frames, taken from the whole video or from the predicted segment only):

- `uniform`           the whole video, no grounding
- `grounded`          the evidence spans alone
- `grounded+context`  a quarter of the frames over the whole video, the rest in the spans
- `given-span`        as `grounded`, over spans that were given (the upper bound)
- `random-span`       as `grounded`, over spans of the same lengths drawn elsewhere by a seed
"""

import random
from collections.abc import Sequence
from typing import Literal, get_args

from grounder.sampling import uniform
from grounder.span import Span, merge

Mode = Literal["uniform", "grounded", "grounded+context", "given-span", "random-span"]
MODES: tuple[Mode, ...] = get_args(Mode)

CONTEXT_SHARE = 0.25
PADDING = 0.1
MIN_LENGTH = 2.0
"""A shorter span grows to this many seconds: an instant shows nothing happening."""
FLOOR = 2
"""No span gets fewer frames than this while the budget allows: one frame shows no change."""


def frame_times(
    mode: Mode,
    spans: Sequence[Span],
    video: Span,
    *,
    budget: int,
    spacing: float = 0.0,
    seed: int = 0,
) -> list[float]:
    """Return at most `budget` moments to look at, in seconds of the whole video, never decreasing.

    `spans` come best first; when there are more than the budget can show, the last are left out.
    Without spans only `uniform` shows anything. Within a stretch they stand at least `spacing` seconds apart, so that
    a short one takes less than the budget.
    """
    if budget < 1:
        return []
    if mode == "uniform":
        return uniform(video, _room(video, budget, spacing))
    if not spans:
        return []
    if mode == "random-span":
        spans = random_spans(spans, video, seed=seed)
    outside = int(budget * CONTEXT_SHARE) if mode == "grounded+context" else 0
    stretches = stretches_to_show(spans, video, most=budget - outside)
    counts = split_budget([stretch.duration for stretch in stretches], budget - outside)
    inside = [
        time
        for stretch, count in zip(stretches, counts, strict=True)
        for time in uniform(stretch, _room(stretch, count, spacing))
    ]
    return sorted(inside + (uniform(video, outside) if outside else []))


def stretches_to_show(spans: Sequence[Span], video: Span, *, most: int) -> list[Span]:
    """Return the first `most` spans, padded, kept inside `video` and joined where they overlap."""
    return merge(padded(span, video) for span in spans[:most])


def padded(span: Span, video: Span) -> Span:
    """Return the span grown by a fifth, a tenth a side, and to at least `MIN_LENGTH`, inside `video`."""
    return span.grow_to(max((1 + 2 * PADDING) * span.duration, MIN_LENGTH), within=video)


def split_budget(lengths: Sequence[float], budget: int) -> list[int]:
    """Share `budget` frames in proportion to `lengths`, each at least the floor; adds up to `budget`.

    Largest remainders get what rounding leaves over. `budget` must be at least one a length.
    """
    floor = min(FLOOR, budget // len(lengths))
    free = budget - floor * len(lengths)
    shares = [free * length / sum(lengths) for length in lengths]
    counts = [floor + int(share) for share in shares]
    by_remainder = sorted(range(len(lengths)), key=lambda i: int(shares[i]) - shares[i])
    for position in by_remainder[: budget - sum(counts)]:
        counts[position] += 1
    return counts


def _room(stretch: Span, count: int, spacing: float) -> int:
    """Return how many of `count` frames a stretch takes when they stand `spacing` seconds apart; at least one."""
    return min(count, max(1, int(stretch.duration / spacing + 1e-6))) if spacing else count


def random_spans(spans: Sequence[Span], video: Span, *, seed: int) -> list[Span]:
    """Return spans of the same lengths (at most the video's) at places drawn by `seed`."""
    # Reproducible, not secret: a control draws the same spans each time.
    draw = random.Random(seed)
    moved = []
    for span in spans:
        length = min(span.duration, video.duration)
        start = draw.uniform(video.start, video.end - length)
        moved.append(Span(start, min(start + length, video.end)))
    return moved
