"""Visual duplicates: a scene that looks like another one cannot be told from it by its picture (SPEC 1.3, step 5)."""

from collections.abc import Sequence

from grounder.timetext import clock
from scenetg.candidate import Candidate, Outcome, Rejection, sort_out
from scenetg.settings import Duplicates
from scenetg.visual.look import Look
from scenetg.visual.similarity import nearest_apart


def check_duplicates(candidates: Sequence[Candidate], look: Look, settings: Duplicates) -> Outcome:
    """Keep the scenes that look like no other scene of their video but the ones beside them."""
    cosines, others = nearest_apart(look.scene_vectors)
    return sort_out(
        candidates,
        [
            check_nearest(one, float(cosines[one.scene]), int(others[one.scene]), look, settings)
            for one in candidates
        ],
    )


def check_nearest(
    candidate: Candidate, cosine: float, other: int, look: Look, settings: Duplicates
) -> Candidate | Rejection:
    """Return the candidate with its highest cosine to another scene, or why that is too high.

    Args:
        candidate: a scene, or a part of one.
        cosine: to the scene that it resembles most.
        other: position of that scene; -1: there is none.
        look: of the video.
        settings: the limit.
    """
    if other >= 0 and cosine > settings.most:
        where = clock(look.scenes[other].start)
        return Rejection(
            "duplicates",
            "looks like another scene",
            round(cosine, 4),
            settings.most,
            f"scene {other} at {where}",
        )
    return candidate.scored(lookalike=round(cosine, 4)) if other >= 0 else candidate
