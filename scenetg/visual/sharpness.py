"""Boundary sharpness: how much the picture changes where a scene begins and ends (SPEC 1.3, step 4)."""

from collections.abc import Sequence

import numpy as np

from scenetg.candidate import Candidate, Outcome, Rejection, sort_out
from scenetg.settings import Sharpness
from scenetg.visual.look import Look


def check_ends(candidates: Sequence[Candidate], look: Look, settings: Sharpness) -> Outcome:
    """Keep the scenes whose two ends are clear."""
    return sort_out(candidates, (_checked(one, look, settings) for one in candidates))


def sharpness(look: Look, moment: float, *, frames: int) -> float | None:
    """Return 1 - cosine, in [0, 2], between the pictures before and after a moment (seconds).

    Args:
        look: of the video.
        moment: the end of one scene and the start of the next.
        frames: How many pictures of either side are averaged, at most those of the two scenes.

    Returns:
        None at the edges of the video, which are exact without any change of picture.
    """
    place = int(np.searchsorted(look.times, moment))
    before, after = look.vectors[max(0, place - frames) : place], look.vectors[place:][:frames]
    if moment <= 0 or moment >= look.duration or not len(before) or not len(after):
        return None
    left, right = before.mean(axis=0), after.mean(axis=0)
    norms = float(np.linalg.norm(left) * np.linalg.norm(right))
    return 1 - float(left @ right) / max(norms, 1e-6)


def check_end(
    look: Look, moment: float, which: str, settings: Sharpness
) -> float | Rejection | None:
    """Return the sharpness of an end, None at an edge of the video, or why it is too blurred.

    Args:
        look: of the video.
        moment: the end, in seconds.
        which: `start` or `end`, for the reason.
        settings: the limit.
    """
    value = sharpness(look, moment, frames=settings.frames)
    if value is not None and value < settings.least:
        return Rejection("sharpness", f"{which} not sharp", value, settings.least)
    return value


def _checked(candidate: Candidate, look: Look, settings: Sharpness) -> Candidate | Rejection:
    scores: dict[str, float] = {}
    for which, moment in (("start", candidate.span.start), ("end", candidate.span.end)):
        value = check_end(look, moment, which, settings)
        if isinstance(value, Rejection):
            return value
        if value is not None:
            scores[f"sharp_{which}"] = round(value, 4)
    return candidate.scored(**scores)
