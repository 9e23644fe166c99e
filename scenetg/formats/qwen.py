"""Qwen fine-tuning (qwen-vl-finetune): JSONL of `{video, conversations: [{from, value}, …]}`.

The question is that of the model's adapter, so that training and asking use the same words. Qwen's own
trainer reads nothing else; `query`, `spans` and `duration` ride along so that nothing is lost.
"""

from typing import Any

from grounder.adapters import load_adapter
from grounder.prompt import grounding_question
from grounder.reply import write_reply
from grounder.sample import Sample
from grounder.span import Span
from scenetg.formats.label import Label
from scenetg.formats.row import Row

ADAPTER = "qwen3-vl"
SOURCE = "qwen"
MARK = "<video>"
KNOWN = ("video", "conversations", "query", "spans", "duration")


def labels_of(row: Row) -> list[Label]:
    """Return the one label of an entry."""
    return [
        Label(
            id="",
            video=row.text("video"),
            query=row.text("query"),
            windows=row.windows("spans"),
            source=SOURCE,
            place=row.place,
            duration=row.number("duration"),
            extra=row.rest(*KNOWN),
        )
    ]


def row_of(sample: Sample) -> dict[str, Any]:
    """Return the entry of a row: where, or for a question its answer."""
    asked, answer = _exchange(sample)
    if MARK in asked + answer or "<image>" in asked + answer:
        raise ValueError(f"has {MARK} or <image> in its words; that marks media in this format.")
    return {
        "video": sample.video,
        "conversations": [
            {"from": "human", "value": f"{MARK}\n{asked}"},
            {"from": "gpt", "value": answer},
        ],
        "query": sample.query,
        "spans": [[span.start, span.end] for span in sample.spans],
        "duration": sample.duration,
    }


def _exchange(sample: Sample) -> tuple[str, str]:
    if sample.task == "qa" and sample.question is not None and sample.answer is not None:
        options = [f"({chr(65 + n)}) {option}" for n, option in enumerate(sample.options)]
        return "\n".join([sample.question, *options]), _chosen(sample)
    if sample.task not in {"ground", "qa"}:
        raise ValueError(f"is a row of task {sample.task}; this format holds ground and qa rows.")
    adapter, whole = load_adapter(ADAPTER), Span(0.0, sample.duration)
    asked = grounding_question(adapter, sample.query, within=whole)
    return asked, write_reply(sample.spans, adapter=adapter, within=whole)


def _chosen(sample: Sample) -> str:
    answer = sample.answer or ""
    if not sample.options:
        return answer
    return f"({chr(65 + sample.options.index(answer))}) {answer}"
