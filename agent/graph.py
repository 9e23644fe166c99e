"""The agent, as a graph.

    plan → search → route → ground → verify ─┐
                      │ ↑────────────────────┘
                      └→ answer

`route` alone decides whether to look on (`routing.stop_reason`). State is plain data and is kept
after every node, so a run that was killed goes on at the node it was in.
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from agent import narrate, nodes
from agent.context import Context
from agent.routing import MODES_WITHOUT_SEARCH
from agent.state import State, StepRow

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.graph.state import CompiledStateGraph
    from langgraph.runtime import Runtime

    Agent = CompiledStateGraph[State, Context, State, State]

Node = Callable[[State, Context], State]


class RecordedNode(Protocol):
    """A node as LangGraph calls it."""

    def __call__(self, state: State, *, runtime: "Runtime[Context]") -> State:
        """Return the fields that change."""


NODES: dict[str, Node] = {
    "plan": nodes.plan,
    "search": nodes.search,
    "route": nodes.route,
    "ground": nodes.ground,
    "verify": nodes.verify,
    "answer": nodes.answer,
}


def build_graph(saver: "BaseCheckpointSaver[str]") -> "Agent":
    """Return the graph, compiled; `saver` keeps the state after every node."""
    from langgraph.graph import END, START, StateGraph

    graph = StateGraph(State, context_schema=Context)
    for name, node in NODES.items():
        graph.add_node(name, recorded(name, node))
    graph.add_conditional_edges(START, first_node, ["plan", "route"])
    graph.add_edge("plan", "search")
    graph.add_edge("search", "route")
    graph.add_conditional_edges("route", next_node, ["ground", "answer"])
    graph.add_edge("ground", "verify")
    graph.add_edge("verify", "route")
    graph.add_edge("answer", END)
    return graph.compile(checkpointer=saver)


def next_node(state: State) -> str:
    """Follow the decision of `route`."""
    return "answer" if state["stop"] else "ground"


def first_node(state: State) -> str:
    """Skip planning and searching when nothing has to be found."""
    settled = state["mode"] in MODES_WITHOUT_SEARCH or state["evidence"]
    return "route" if settled else "plan"


def recorded(name: str, node: Node) -> RecordedNode:
    """Return the node as the graph runs it: announced, timed, its steps stamped with their seconds."""

    def run(state: State, *, runtime: "Runtime[Context]") -> State:
        runtime.stream_writer((name, narrate.doing(name, state)))
        began = time.perf_counter()
        update = node(state, runtime.context)
        spent = time.perf_counter() - began
        trace: list[StepRow] = [{**row, "seconds": spent} for row in update["trace"]]
        return {**update, "trace": trace, "seconds": {name: spent}}

    return run
