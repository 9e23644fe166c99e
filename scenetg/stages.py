"""The stages of the line: their order, and exactly what the result of each depends on.

A result is stored under a key made of nothing but that, so that what changes runs again and the rest does not.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from scenetg.overrides import chosen
from scenetg.settings import Settings

Part = Literal["encoder", "vlm", "grounder"]
"""A model of a run; its name is part of the keys of the stages that use it."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage, as far as the others must know it."""

    name: str
    after: tuple[str, ...] = ()
    """The stages whose results it reads; all read the file itself, whose hash is the video's id."""
    settings: tuple[str, ...] = ()
    """The groups (or group.field) that change its result."""
    models: tuple[Part, ...] = ()
    together: bool = False
    """It compares rows of several videos, so that a new video may change the result of an old one."""
    version: int = 1
    """Raised when its code comes to another result."""

    @property
    def asks(self) -> bool:
        """Whether it asks a model that writes."""
        return "vlm" in self.models or "grounder" in self.models

    def key(
        self,
        video_id: str,
        settings: Settings,
        models: Mapping[Part, str],
        built_on: Sequence[str],
    ) -> str:
        """Return the key of a result.

        Args:
            video_id: of the video.
            settings: of the run; only those of this stage count.
            models: the name of each model of the run.
            built_on: digests of the results that it reads.
        """
        parts = [
            self.name,
            self.version,
            video_id,
            chosen(settings, self.settings),
            {part: models.get(part) for part in self.models},
            list(built_on),
        ]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


VISUAL = (
    Stage("probe"),
    # Not after probe: what a probe tells or gates must never cost a decoding pass.
    Stage("shots", settings=("shots",), models=("encoder",)),
    Stage("scenes", after=("shots",), settings=("scenes",)),
    Stage("sharpness", after=("shots", "scenes"), settings=("sharpness",)),
    Stage("duplicates", after=("shots", "scenes", "sharpness"), settings=("duplicates",)),
    Stage(
        "events",
        after=("shots", "scenes", "duplicates"),
        settings=("events", "duplicates", "scenes.share"),
        version=2,
    ),
)
"""Need an encoder alone."""

MODEL = (
    Stage(
        "describe",
        after=("scenes", "events"),
        settings=("describe", "shots.decoder"),
        models=("vlm",),
    ),
    Stage("phrase", after=("describe",), settings=("phrase",), models=("vlm",)),
    Stage(
        "uniqueness",
        after=("shots", "scenes", "phrase"),
        settings=("uniqueness", "describe", "shots.decoder"),
        models=("encoder", "vlm"),
    ),
    Stage(
        "extent",
        after=("scenes", "uniqueness"),
        settings=("extent", "describe", "shots.decoder"),
        models=("vlm",),
    ),
    Stage(
        "roundtrip",
        after=("extent",),
        settings=("roundtrip", "shots.decoder"),
        models=("grounder",),
    ),
    Stage(
        "questions",
        after=("roundtrip",),
        settings=("questions", "describe", "shots.decoder"),
        models=("vlm",),
    ),
    Stage(
        "refusals",
        after=("shots", "scenes", "questions"),
        settings=("refusals", "describe", "uniqueness", "shots.decoder"),
        models=("encoder", "vlm"),
        together=True,
    ),
)
"""Need a vision-language model."""

LAST = (
    # Pure and quick: its result is not kept.
    Stage("sampling", after=("refusals",), settings=("sampling",), together=True),
    Stage("splits", after=("shots", "scenes"), settings=("splits",), together=True),
)
"""Choose among rows."""

BESIDE = (Stage("fingerprint", settings=("shots.decoder",)),)
"""Change no row: what is held against evaluation sets."""

STAGES = {stage.name: stage for stage in (*VISUAL, *MODEL, *LAST, *BESIDE)}
