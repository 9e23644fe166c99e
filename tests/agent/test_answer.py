import json
from typing import Any

import pydantic
import pytest

from agent.answer import Answer, Evidence, Option, Step, Usage, option_letter
from grounder.span import Span

MOMENT = Evidence(
    video_id="ab12",
    path="/films/big buck.mp4",
    span=Span(33.0, 47.8),
    score=0.61,
    score_kind="retrieval_probability",
    rank=1,
    source=("visual", "transcript"),
    text="he yawns",
)
ANSWER = Answer(
    question="When?",
    status="answered",
    text="At 0:33.",
    option=Option(1, "morning"),
    confidence=0.61,
    evidence=(MOMENT,),
    trace=(Step("plan", "look for x", 0.01, {"queries": ["x"]}),),
    usage=Usage(frames=32, visual_tokens=5, seconds={"plan": 0.5}),
    models={"grounder": "retrieval"},
    warnings=("careful",),
    run="00ff",
)


def test_the_document_has_the_fields_that_are_promised() -> None:
    document = ANSWER.document()
    assert list(document)[:5] == ["schema_version", "question", "status", "answer", "option"]
    promised = {"confidence", "evidence", "closest", "trace", "usage", "models", "warnings"}
    assert promised <= set(document)
    evidence: Any = document["evidence"]
    assert evidence[0] == {
        "video_id": "ab12",
        "path": "/films/big buck.mp4",
        "start": 33.0,
        "end": 47.8,
        "start_tc": "00:00:33.000",
        "end_tc": "00:00:47.800",
        "score": 0.61,
        "score_kind": "retrieval_probability",
        "rank": 1,
        "source": ["visual", "transcript"],
        "text": "he yawns",
        "media_fragment": "file:///films/big%20buck.mp4#t=33.0,47.8",
        "clip": None,
        "thumbnail": None,
    }
    assert document["option"] == {"letter": "B", "index": 1, "text": "morning"}
    assert {"frames", "visual_tokens", "seconds"} <= set(document["usage"])  # type: ignore[call-overload]  # it is a dict


def test_a_document_survives_json_and_back() -> None:
    assert Answer.from_document(json.loads(json.dumps(ANSWER.document()))) == ANSWER


@pytest.mark.parametrize(
    "changes",
    [
        {"evidence": []},
        {"status": "not_found"},
        {"status": "error"},
        {"confidence": 1.5},
        {"schema_version": "2"},
        {"surprise": 1},
        {"status": "answered", "error": {"kind": "VideoError", "message": "x"}},
    ],
)
def test_a_document_that_contradicts_itself_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(pydantic.ValidationError):
        Answer.from_document({**ANSWER.document(), **changes})


@pytest.mark.parametrize("times", [(5.0, 5.0), (6.0, 5.0), (-1.0, 5.0), (0.0, float("nan"))])
def test_evidence_never_has_an_impossible_span(times: tuple[float, float]) -> None:
    document: Any = ANSWER.document()
    document["evidence"][0].update(start=times[0], end=times[1])
    with pytest.raises(pydantic.ValidationError):
        Answer.from_document(document)


def test_an_error_document_says_what_broke() -> None:
    failed = Answer("q", "error", error={"kind": "VideoError", "message": "no such file"})
    assert failed.document()["error"] == {"kind": "VideoError", "message": "no such file"}


def test_letters_end_at_z() -> None:
    assert [option_letter(i) for i in (0, 25, 26)] == ["A", "Z", "27"]
