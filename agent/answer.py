"""Evidence and Answer: what a question comes back with, and the JSON document both are written as.

Times are float seconds of the whole video, spans half-open. The document is checked against
`agent.document` both when it is written and when it is read back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from grounder.span import Span
from grounder.timetext import media_fragment, timecode

if TYPE_CHECKING:
    from agent.document import AnswerDocument, EvidenceDocument

SCHEMA_VERSION = "1"

Status = Literal["answered", "not_found", "uncertain", "error"]
"""`answered` and `uncertain` carry evidence; `not_found` carries only `closest`; `error` carries neither."""

Document = dict[str, object]
"""The JSON form of an answer: only dicts, lists, strings, numbers, booleans and None."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One moment of one video that speaks for an answer."""

    video_id: str
    """`sha256:…` of the file."""
    path: str
    span: Span
    score: float
    """In [0, 1]; what it means is told by `score_kind`."""
    score_kind: str
    """`retrieval_probability`, `stated`, `parsed` (see `grounder.ground.Grounding`), `given` or `control`."""
    rank: int
    """1 is best."""
    source: tuple[str, ...]
    """Tracks that led here: `visual`, `transcript`, …; `given` and `random` in the control modes."""
    text: str = ""
    """What the tracks and the verifier say about it."""
    clip: str | None = None
    """The cut clip, when clips were asked for."""
    thumbnail: str | None = None

    def document(self) -> Document:
        """Return the JSON form."""
        return {
            "video_id": self.video_id,
            "path": self.path,
            "start": round(self.span.start, 3),
            "end": round(self.span.end, 3),
            "start_tc": timecode(self.span.start),
            "end_tc": timecode(self.span.end),
            "score": round(self.score, 4),
            "score_kind": self.score_kind,
            "rank": self.rank,
            "source": list(self.source),
            "text": self.text,
            "media_fragment": Path(self.path).absolute().as_uri() + media_fragment(self.span),
            "clip": self.clip,
            "thumbnail": self.thumbnail,
        }


@dataclass(frozen=True, slots=True)
class Option:
    """The choice an answer names, of those that were offered."""

    index: int
    """0 is the first offered."""
    text: str

    @property
    def letter(self) -> str:
        """`A` for the first."""
        return option_letter(self.index)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing the agent did."""

    node: str
    """`plan`, `search`, `ground`, `verify`, `route` or `answer`."""
    said: str
    """For people, one line."""
    seconds: float
    data: Mapping[str, object] = field(default_factory=dict)
    """The same for programs; JSON values only."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What an answer cost."""

    frames: int = 0
    """Pictures really shown to a model, counted each time they are shown."""
    visual_tokens: int = 0
    """0 when the backend cannot tell."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: Mapping[str, float] = field(default_factory=dict)
    """Wall-clock seconds per node, summed over its runs."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of one question, or of one `find` (then `text` and `option` are None)."""

    question: str
    status: Status
    text: str | None = None
    """The answer in words; None when there is none."""
    option: Option | None = None
    confidence: float | None = None
    """Chance, in [0, 1], that the answer is right: the answerer's own, else the best evidence's score;
    None when nobody stated one."""
    presence: float | None = None
    """Chance, in [0, 1], that what was asked for is in the video at all, as far as the index can tell;
    None when the index was not asked. A model that looked at the pictures may know better."""
    evidence: tuple[Evidence, ...] = ()
    """Best first. Every time that `text` cites lies in one of them."""
    closest: tuple[Evidence, ...] = ()
    """When nothing passed: the nearest moments, which are no evidence. Best first."""
    trace: tuple[Step, ...] = ()
    usage: Usage = field(default_factory=Usage)
    mode: str = "grounded"
    """Which frames the answer was made over, see `agent.modes`."""
    models: Mapping[str, str] = field(default_factory=dict)
    """Which model played which role."""
    warnings: tuple[str, ...] = ()
    run: str | None = None
    """The id to resume this run by; None when it was not kept."""
    error: Mapping[str, str] | None = None
    """`kind` and `message` of what broke; only with status `error`."""

    def document(self) -> Document:
        """Return the JSON form, checked against the schema.

        Raises:
            pydantic.ValidationError: a bug of ours, e.g. `answered` without evidence.
        """
        from agent.document import AnswerDocument

        return AnswerDocument.model_validate(_draft(self)).model_dump(mode="json")

    @staticmethod
    def from_document(document: Mapping[str, object]) -> "Answer":
        """Read a document back.

        Raises:
            pydantic.ValidationError: it is no answer document of this version.
        """
        from agent.document import AnswerDocument

        return _answer(AnswerDocument.model_validate(document))


def option_letter(index: int) -> str:
    """Return `A` for 0, … `Z` for 25, then `27`, `28`, … (people stop reading letters there)."""
    return chr(ord("A") + index) if index < 26 else str(index + 1)


def _draft(answer: Answer) -> Document:
    option, usage = answer.option, answer.usage
    return {
        "schema_version": SCHEMA_VERSION,
        "question": answer.question,
        "status": answer.status,
        "answer": answer.text,
        "option": None
        if option is None
        else {"letter": option.letter, "index": option.index, "text": option.text},
        "confidence": answer.confidence,
        "presence": answer.presence,
        "evidence": [row.document() for row in answer.evidence],
        "closest": [row.document() for row in answer.closest],
        "trace": [
            {"node": s.node, "said": s.said, "seconds": round(s.seconds, 3), "data": dict(s.data)}
            for s in answer.trace
        ],
        "usage": {
            "frames": usage.frames,
            "visual_tokens": usage.visual_tokens,
            "prompt_tokens": usage.prompt_tokens,
            "completion_tokens": usage.completion_tokens,
            "seconds": {name: round(spent, 3) for name, spent in usage.seconds.items()},
        },
        "mode": answer.mode,
        "models": dict(answer.models),
        "warnings": list(answer.warnings),
        "run": answer.run,
        "error": None if answer.error is None else dict(answer.error),
    }


def _evidence(row: "EvidenceDocument") -> Evidence:
    return Evidence(
        video_id=row.video_id,
        path=row.path,
        span=Span(row.start, row.end),
        score=row.score,
        score_kind=row.score_kind,
        rank=row.rank,
        source=tuple(row.source),
        text=row.text,
        clip=row.clip,
        thumbnail=row.thumbnail,
    )


def _answer(read: "AnswerDocument") -> Answer:
    return Answer(
        question=read.question,
        status=read.status,
        text=read.answer,
        option=None if read.option is None else Option(read.option.index, read.option.text),
        confidence=read.confidence,
        presence=read.presence,
        evidence=tuple(_evidence(row) for row in read.evidence),
        closest=tuple(_evidence(row) for row in read.closest),
        trace=tuple(Step(s.node, s.said, s.seconds, s.data) for s in read.trace),
        usage=Usage(**read.usage.model_dump()),
        mode=read.mode,
        models=read.models,
        warnings=tuple(read.warnings),
        run=read.run,
        error=None if read.error is None else read.error.model_dump(),
    )
