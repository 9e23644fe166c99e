"""Candidates and rejections as JSON objects, as they are stored and written; reading gives them back equal."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from grounder.sample import Rollouts
from grounder.span import Span
from scenetg.candidate import Candidate, Outcome, Rejected, Rejection

_EMPTY: tuple[object, ...] = (None, "", (), {}, [])


def candidate_record(candidate: Candidate) -> dict[str, Any]:
    """Return the JSON object of a candidate; what is still empty is left out."""
    record = {field.name: getattr(candidate, field.name) for field in fields(Candidate)}
    record["span"] = _pair(candidate.span)
    record["spans"] = [_pair(span) for span in candidate.spans]
    record["options"] = list(candidate.options)
    record["filters"] = dict(candidate.filters)
    record["meta"] = dict(candidate.meta)
    if (tries := candidate.rollouts) is not None:
        record["rollouts"] = {"mean": tries.mean, "std": tries.std, "n": tries.count}
    return {name: value for name, value in record.items() if value not in _EMPTY}


def read_candidate(record: Mapping[str, Any]) -> Candidate:
    """Return the candidate of a JSON object that `candidate_record` made."""
    values = dict(record)
    values["span"] = Span(*record["span"])
    values["spans"] = tuple(Span(*pair) for pair in record.get("spans", ()))
    values["options"] = tuple(record.get("options", ()))
    if (tries := record.get("rollouts")) is not None:
        values["rollouts"] = Rollouts(tries["mean"], tries["std"], tries["n"])
    return Candidate(**values)


def rejection_record(rejection: Rejection) -> dict[str, Any]:
    """Return the JSON object of a rejection; what is empty is left out."""
    record = {field.name: getattr(rejection, field.name) for field in fields(Rejection)}
    return {name: value for name, value in record.items() if value not in _EMPTY}


def rejected_record(rejected: Rejected) -> dict[str, Any]:
    """Return the JSON object of a candidate that was taken off the line: the reason first."""
    return {
        **rejection_record(rejected.rejection),
        "candidate": candidate_record(rejected.candidate),
    }


def outcome_record(outcome: Outcome) -> dict[str, Any]:
    """Return the JSON object of an outcome, without paths: a video may be moved."""
    kept = [candidate_record(candidate) for candidate in outcome.kept]
    rejected = [rejected_record(one) for one in outcome.rejected]
    for candidate in (*kept, *(one["candidate"] for one in rejected)):
        del candidate["video"]
    return {"kept": kept, "rejected": rejected}


def read_outcome(record: Mapping[str, Any], paths: Mapping[str, str]) -> Outcome:
    """Return the outcome of a JSON object that `outcome_record` made; `paths` are by video id."""

    def candidate(one: Mapping[str, Any]) -> Candidate:
        return read_candidate({**one, "video": paths[one["video_id"]]})

    def rejected(one: Mapping[str, Any]) -> Rejected:
        reason = {name: value for name, value in one.items() if name != "candidate"}
        return Rejected(candidate(one["candidate"]), Rejection(**reason))

    return Outcome(
        tuple(candidate(one) for one in record["kept"]),
        tuple(rejected(one) for one in record["rejected"]),
    )


def _pair(span: Span) -> list[float]:
    return [span.start, span.end]
