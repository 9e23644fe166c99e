"""From candidates that passed everything to rows that anyone can train on (`grounder.sample`)."""

from pathlib import Path
from typing import Any

from grounder.sample import Sample
from scenetg.candidate import Candidate
from scenetg.line.licences import Licences
from scenetg.visual.scenes import scene_id

SOURCE = "scenetg"


def row_of(candidate: Candidate, licences: Licences, *, split: str) -> Sample:
    """Return the row of a candidate that has a query."""
    assert candidate.query is not None  # `phrase` comes first
    return Sample(
        id=candidate.id,
        video=candidate.video,
        duration=candidate.duration,
        query=candidate.query,
        spans=candidate.spans,
        source=SOURCE,
        split=split,
        license=licences.of(Path(candidate.video)),
        task=candidate.task,
        question=candidate.question,
        options=candidate.options,
        answer=candidate.answer,
        difficulty=candidate.difficulty,
        rollouts=candidate.rollouts,
        scene_id=scene_id(candidate.video_id, candidate.scene),
        filters=candidate.filters,
        meta=_meta(candidate),
    )


def _meta(candidate: Candidate) -> dict[str, Any]:
    made = {"video_id": candidate.video_id, "kind": candidate.kind, "caption": candidate.caption}
    return {**{name: value for name, value in made.items() if value}, **candidate.meta}
