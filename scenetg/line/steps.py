"""What each stage does: candidates of a video (or of all videos) in, an outcome out."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from scenetg.candidate import Candidate, Outcome
from scenetg.context import Context
from scenetg.visual.duplicates import check_duplicates
from scenetg.visual.events import add_events
from scenetg.visual.scenes import propose
from scenetg.visual.sharpness import check_ends

Step: TypeAlias = Callable[[Sequence[Candidate], Context], Outcome]


def _scenes(candidates: Sequence[Candidate], context: Context) -> Outcome:
    return propose(context.look, context.settings.scenes)


def _sharpness(candidates: Sequence[Candidate], context: Context) -> Outcome:
    return check_ends(candidates, context.look, context.settings.sharpness)


def _duplicates(candidates: Sequence[Candidate], context: Context) -> Outcome:
    return check_duplicates(candidates, context.look, context.settings.duplicates)


def _events(candidates: Sequence[Candidate], context: Context) -> Outcome:
    return add_events(candidates, context.look, context.settings)


VISUAL_STEPS: Mapping[str, Step] = {
    "scenes": _scenes,
    "sharpness": _sharpness,
    "duplicates": _duplicates,
    "events": _events,
}


def model_steps() -> dict[str, Step]:
    """Return the steps that ask models, in order; without a grounder the round trip changes nothing."""
    # Here, not above: they draw in the models' libraries, which the visual stages do without.
    from scenetg.queries.describe import describe
    from scenetg.queries.extent import extent
    from scenetg.queries.phrase import phrase
    from scenetg.queries.questions import questions
    from scenetg.queries.refusals import refusals
    from scenetg.queries.roundtrip import roundtrip
    from scenetg.queries.uniqueness import uniqueness

    steps: dict[str, Step] = {
        "describe": describe,
        "phrase": phrase,
        "uniqueness": uniqueness,
        "extent": extent,
        "roundtrip": roundtrip,
        "questions": questions,
        "refusals": refusals,
    }
    return steps
