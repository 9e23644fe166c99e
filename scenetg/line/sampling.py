"""Sampling by difficulty: which rows teach something; the weighted draws of a training run are that run's own."""

from collections import defaultdict
from collections.abc import Sequence

from scenetg.candidate import Candidate, Outcome, Rejection, sort_out
from scenetg.settings import Sampling

STAGE = "sampling"


def sample(candidates: Sequence[Candidate], settings: Sampling) -> Outcome:
    """Keep the rows of the difficulties asked for, and not too many of any one video."""
    first = sort_out(candidates, (check_difficulty(one, settings) for one in candidates))
    chosen = _chosen(first.kept, settings)
    second = sort_out(
        first.kept,
        (one if one.id in chosen else _crowded_out(settings) for one in first.kept),
    )
    return Outcome(second.kept, (*first.rejected, *second.rejected))


def check_difficulty(candidate: Candidate, settings: Sampling) -> Candidate | Rejection:
    """Return the candidate, or why it is too hard or too easy; without a difficulty it passes."""
    difficulty = candidate.difficulty
    if difficulty is None or settings.lowest <= difficulty <= settings.highest:
        return candidate
    if difficulty < settings.lowest:
        return Rejection(STAGE, "too hard", difficulty, settings.lowest)
    return Rejection(STAGE, "too easy", difficulty, settings.highest)


def _chosen(candidates: Sequence[Candidate], settings: Sampling) -> set[str]:
    """Return the ids of at most `per_video` rows of each video, those nearest the middle difficulty."""
    if settings.per_video == 0:
        return {one.id for one in candidates}
    middle = (settings.lowest + settings.highest) / 2
    of_video: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for one in candidates:
        far = abs((middle if one.difficulty is None else one.difficulty) - middle)
        of_video[one.video_id].append((far, one.id))
    return {row for rows in of_video.values() for _, row in sorted(rows)[: settings.per_video]}


def _crowded_out(settings: Sampling) -> Rejection:
    return Rejection(STAGE, "enough rows of this video", limit=float(settings.per_video))
