"""From an engine's name to an engine."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from grounder.errors import SpecError
from scenetg.engine.engine import NOTHING, Beside, Engine
from scenetg.engine.local import LocalEngine

if TYPE_CHECKING:
    from grounder.vlm import VLM

ENGINES = ("local", "ray")


@contextmanager
def open_engine(
    name: str,
    workers: int,
    *,
    address: str | None = None,
    gpus: float = 0.0,
    beside: Beside = NOTHING,
) -> Iterator[Engine]:
    """Open the engine that is named.

    Args:
        name: one of `ENGINES`.
        workers: processes that do the work.
        address: of the Ray cluster; None: `RAY_ADDRESS`, else this machine.
        gpus: what each worker holds in a Ray cluster.
        beside: what else runs in a Ray cluster (`vlm_loader`).

    Raises:
        SpecError: there is no such engine, or it does not know an option.
        MissingDependency: its package is not installed.
        EngineError: its machines cannot be reached.
    """
    if name not in ENGINES:
        raise SpecError(f"No engine is called {name!r}. Choose from: {', '.join(ENGINES)}.")
    if name == "local":
        if address is not None or gpus:
            raise SpecError("--address and --gpus are for --engine ray. Add it, or leave them out.")
        yield LocalEngine(workers)
        return
    from scenetg.engine.ray import RayEngine, connected

    with connected(address, workers, gpus, beside):
        yield RayEngine(workers, gpus=gpus)


def vlm_loader(name: str, *, actors: int = 1, gpus: float = 0.0) -> "Callable[[str], VLM]":
    """Return what loads a model from its spec where an engine does its work; `open_engine` comes before its first call.

    Args:
        name: of the engine.
        actors: copies of the model in a Ray cluster.
        gpus: what each copy holds.

    Raises:
        SpecError: the engine does not know an option.
    """
    from grounder.vlm import load_vlm

    if name == "local":
        if actors != 1 or gpus:
            raise SpecError(
                "--vlm-workers and --vlm-gpus are for --engine ray. Add it, or leave them out."
            )
        return load_vlm
    from scenetg.engine.ray_models import RayVlm

    return partial(RayVlm, actors=actors, gpus=gpus)
