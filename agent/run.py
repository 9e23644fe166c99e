"""One run of the graph: begun or resumed, watched while it goes on, and turned into an Answer."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol, cast

from agent.answer import Answer, Step, Usage
from agent.checkpoint import RunError, open_run
from agent.context import Context
from agent.graph import build_graph
from agent.state import State

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

    from agent.graph import Agent

NODES_PER_LOOK = 3


class Watcher(Protocol):
    """Sees a run while it happens."""

    def begins(self, run: str | None, resumed: Sequence[Step]) -> None:
        """A run starts; `resumed` are the steps that were already done."""

    def doing(self, node: str, said: str) -> None:
        """A node starts."""

    def did(self, step: Step) -> None:
        """A node is done."""


class Unwatched:
    """A Watcher that looks away."""

    def begins(self, run: str | None, resumed: Sequence[Step]) -> None:
        """Do nothing."""

    def doing(self, node: str, said: str) -> None:
        """Do nothing."""

    def did(self, step: Step) -> None:
        """Do nothing."""


def run_graph(start: State, context: Context, *, resume: str | None, watcher: Watcher) -> Answer:
    """Run the graph to its end, from the start or from where a kept run was stopped."""
    with open_run(context.state_folder, resume) as (saver, run):
        graph = build_graph(saver)
        config: RunnableConfig = {
            "configurable": {"thread_id": run},
            "recursion_limit": 10 + NODES_PER_LOOK * context.budget.looks,
        }
        done = kept_state(graph, config, start, resume) if resume else None
        kept_as = run if context.state_folder else None
        watcher.begins(kept_as, [Step(**row) for row in done["trace"]] if done else [])
        events = graph.stream(
            None if done else start,
            config,
            context=context,
            stream_mode=["custom", "updates"],
            durability="sync",
        )
        for kind, event in events:
            tell(watcher, str(kind), event)
        return finished(graph.get_state(config).values, run=kept_as)


def tell(watcher: Watcher, kind: str, event: Any) -> None:  # LangGraph types its events as Any
    """Pass one event of the graph on."""
    if kind == "custom":
        watcher.doing(*event)
        return
    for update in event.values():
        for row in update["trace"]:
            watcher.did(Step(**row))


def finished(values: Mapping[str, Any], *, run: str | None) -> Answer:
    """Return the answer of a finished run with its whole trace and cost."""
    return replace(
        Answer.from_document(values["answer"]),
        trace=tuple(Step(**row) for row in values["trace"]),
        usage=Usage(**values["cost"], seconds=values["seconds"]),
        run=run,
    )


def kept_state(graph: "Agent", config: "RunnableConfig", start: State, resume: str) -> State:
    """Return the state of a kept run.

    Raises:
        RunError: there is none, or it is of another question, video or mode.
    """
    kept = cast(State, graph.get_state(config).values)
    if not kept:
        raise RunError(
            f"No run {resume} is kept. Leave out --resume to start anew; a run's id is printed "
            "when it starts."
        )
    for field in ("question", "options", "goal", "mode", "seed", "video_id", "given"):
        if kept[field] != start[field]:
            raise RunError(
                f"Run {resume} has {field} {kept[field]!r}, but now {start[field]!r} is asked. "
                "Resume with the same command line, or start anew without --resume."
            )
    return kept
