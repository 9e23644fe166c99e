"""The schema of the answer document, field by field; what `--json` prints always fits it."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from agent.answer import Status

Chance = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]


class _Closed(BaseModel):
    """No field but those named here."""

    model_config = ConfigDict(extra="forbid")


class EvidenceDocument(_Closed):
    """One moment: seconds of the whole video, half-open."""

    video_id: str
    path: str
    start: Seconds
    end: Seconds
    start_tc: str
    end_tc: str
    score: Chance
    score_kind: Literal["retrieval_probability", "stated", "parsed", "given", "control"]
    rank: Annotated[int, Field(ge=1)]
    source: list[str]
    text: str
    media_fragment: str
    """A URI: the file and `#t=start,end`."""
    clip: str | None = None
    thumbnail: str | None = None

    @model_validator(mode="after")
    def _never_empty(self) -> Self:
        if self.start >= self.end:
            raise ValueError(f"start {self.start} must be below end {self.end}")
        return self


class OptionDocument(_Closed):
    """The option that was chosen."""

    letter: str
    index: Count
    text: str


class StepDocument(_Closed):
    """One step of the trace."""

    node: str
    said: str
    seconds: Seconds
    data: dict[str, JsonValue]


class UsageDocument(_Closed):
    """Cost of the whole run."""

    frames: Count
    visual_tokens: Count
    prompt_tokens: Count = 0
    completion_tokens: Count = 0
    seconds: dict[str, Seconds]


class ErrorDocument(_Closed):
    """What broke."""

    kind: str
    """The class of `grounder.errors`."""
    message: str


class AnswerDocument(_Closed):
    """The whole document."""

    schema_version: Literal["1"]
    question: str
    status: Status
    answer: str | None
    option: OptionDocument | None
    confidence: Chance | None
    """That the answer is right."""
    presence: Chance | None
    """That what was asked for is in the video at all, as the index sees it."""
    evidence: list[EvidenceDocument]
    closest: list[EvidenceDocument]
    """Moments that came nearest when nothing passed; no evidence."""
    trace: list[StepDocument]
    usage: UsageDocument
    mode: str
    models: dict[str, str]
    warnings: list[str]
    run: str | None = None
    """The id for `--resume`."""
    error: ErrorDocument | None = None

    @model_validator(mode="after")
    def _status_fits_evidence(self) -> Self:
        if self.status == "answered" and not self.evidence:
            raise ValueError("status answered needs evidence")
        if self.status in {"not_found", "error"} and (self.evidence or self.answer):
            raise ValueError(f"status {self.status} has no answer and no evidence")
        if (self.status == "error") != (self.error is not None):
            raise ValueError("status error, and only it, says what broke")
        return self
