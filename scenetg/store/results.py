"""Results: what each stage came to for each video of a run, looked up by key before it is made."""

from collections.abc import Mapping, Sequence
from typing import Any

from scenetg.settings import Settings
from scenetg.stages import Part, Stage
from scenetg.store.store import Result, Store

TOGETHER = "*"
"""Stands for a video's id in the results of stages that compare all videos."""


class Results:
    """The results of one run."""

    def __init__(self, store: Store, settings: Settings, models: Mapping[Part, str]) -> None:
        self.store = store
        self.settings = settings
        self.models = models
        self._digests: dict[tuple[str, str], str] = {}

    def key(self, stage: Stage, video_id: str, members: Sequence[str] | None = None) -> str:
        """Return the key of a result; `members` are the videos of a stage that compares them."""
        built_on = [
            self._digests[member, earlier]
            for member in ((video_id,) if members is None else members)
            for earlier in stage.after
        ]
        return stage.key(video_id, self.settings, self.models, built_on)

    def find(
        self, stage: Stage, video_id: str, members: Sequence[str] | None = None
    ) -> Result | None:
        """Return a result that is there already."""
        result = self.store.result(video_id, stage.name, self.key(stage, video_id, members))
        if result is not None:
            self._digests[video_id, stage.name] = result.digest
        return result

    def keep(
        self,
        stage: Stage,
        video_id: str,
        value: Mapping[str, Any],
        *,
        seconds: float,
        members: Sequence[str] | None = None,
    ) -> Result:
        """Store a new result."""
        key = self.key(stage, video_id, members)
        result = self.store.put(video_id, stage.name, key, value, seconds=seconds)
        self._digests[video_id, stage.name] = result.digest
        return result

    def quarantine(self, stage: Stage, video_id: str, reason: str) -> None:
        """Note that a stage cannot be done for a video."""
        self.store.quarantine(video_id, stage.name, self.key(stage, video_id), reason)

    def failure(self, stage: Stage, video_id: str) -> str | None:
        """Return why a stage could not be done for a video in an earlier run."""
        return self.store.failure(video_id, stage.name, self.key(stage, video_id))
