"""Typed: a command of the agent as people type it, and how it ended."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

SPOKEN = "The gardener waters the tulips."


RULES = [
    {"when": "Write 1 to 3 search queries", "reply": '{"queries": ["the gardener waters tulips"]}'},
    {"when": "Does this stretch show", "reply": '{"seen": "yes", "note": "tulips"}'},
    {"when": "Answer from these frames", "reply": '{"answer": "Tulips.", "citations": []}'},
    {"when": "Description:", "reply": '[{"start": 4.5, "end": 7.5, "confidence": 0.9}]'},
]


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Ended]
