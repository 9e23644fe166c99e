"""agent decides: what to look for in a long video, where to look, when to stop, and what to say.

    from agent import ask, open_context

    with open_context("film.mp4") as context:
        answer = ask("When does the rabbit wake up?", context)
    print(answer.status, answer.text, [moment.span for moment in answer.evidence])

Everything here is imported on first use, so `import agent` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent.answer import Answer, Evidence, Option, Step, Usage
    from agent.asking import ask, find
    from agent.context import Budget, Context, Thresholds
    from agent.opening import open_context
    from agent.run import Watcher

__all__ = [
    "Answer",
    "Budget",
    "Context",
    "Evidence",
    "Option",
    "Step",
    "Thresholds",
    "Usage",
    "Watcher",
    "ask",
    "find",
    "open_context",
]

_HOMES = {
    "Answer": "agent.answer",
    "Budget": "agent.context",
    "Context": "agent.context",
    "Evidence": "agent.answer",
    "Option": "agent.answer",
    "Step": "agent.answer",
    "Thresholds": "agent.context",
    "Usage": "agent.answer",
    "Watcher": "agent.run",
    "ask": "agent.asking",
    "find": "agent.asking",
    "open_context": "agent.opening",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'agent' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
