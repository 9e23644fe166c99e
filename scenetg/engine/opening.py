"""From an engine's name to an engine."""

from collections.abc import Iterator
from contextlib import contextmanager

from grounder.errors import SpecError
from scenetg.engine.engine import Engine
from scenetg.engine.local import LocalEngine

ENGINES = ("local", "ray")


@contextmanager
def open_engine(
    name: str, workers: int, *, address: str | None = None, gpus: float = 0.0
) -> Iterator[Engine]:
    """Open the engine that is named.

    Args:
        name: one of `ENGINES`.
        workers: processes that do the work.
        address: of the Ray cluster; None: `RAY_ADDRESS`, else this machine.
        gpus: what each worker holds in a Ray cluster.

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

    with connected(address, workers, gpus):
        yield RayEngine(workers, gpus=gpus)
