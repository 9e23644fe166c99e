"""RayVlm: a model in actors of a Ray cluster, each with weights of its own; calls are dealt out to them.

Only prompts and replies travel: what is asked, what it may cost and what was answered is kept where the command
runs. An actor that dies is started again by Ray, on another machine if need be, and its call is made once more.
"""

import os
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Any, TypeVar

from grounder.adapters import Adapter
from grounder.errors import BackendError, EngineError, WhenwhatError
from grounder.vlm import VLM, Completion, Prompt, Sampling, load_vlm

T = TypeVar("T")
TRIES = 3
"""Actors that one call may cost: what kills three of them would kill the next."""
_PATIENCE = 120.0
"""Seconds for the cluster to find room for an actor and to start its process; its weights take their time after that."""


class RayVlm:
    """Obeys `VLM` by `actors` copies of the model; usable from as many threads, each waits for a copy that is idle."""

    def __init__(self, spec: str, *, actors: int = 1, gpus: float = 0.0) -> None:
        """Load the model of `spec` in each actor of the cluster that is connected.

        Args:
            spec: as `load_vlm` reads it, there: a folder must lie under the same path on every node.
            actors: copies.
            gpus: what each holds; 0.5 lets two share one.

        Raises:
            SpecError: the spec means nothing.
            MissingDependency: its backend is not installed on a node.
            ModelError: the model cannot be loaded.
            BackendError: the processes that load it die.
            EngineError: the cluster has no room for so many actors.
        """
        import ray

        hire = ray.remote(Copy).options(
            num_cpus=1, num_gpus=gpus or None, max_restarts=-1, max_task_retries=TRIES - 1
        )
        self.name = spec
        crew = [hire.remote(spec) for _ in range(actors)]
        _check_room(crew, gpus)
        # All at once: weights are read for minutes.
        loading = [one.adapter.remote() for one in crew]
        adapters: list[Adapter] = [_result(spec, reply) for reply in loading]
        self.adapter = adapters[0]
        self._idle: SimpleQueue[Any] = SimpleQueue()
        for one in crew:
            self._idle.put(one)

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Completion]:
        """Answer each prompt, in order, by one copy.

        Raises:
            BackendError: the model failed, or the actors that were asked died.
        """
        replies: list[Completion] = self._ask("generate", list(prompts), sampling)
        return replies

    def stamps(self, prompt: Prompt) -> list[float]:
        """See `VLM`."""
        times: list[float] = self._ask("stamps", prompt)
        return times

    def brightness(self, prompt: Prompt) -> list[float]:
        """See `VLM`."""
        levels: list[float] = self._ask("brightness", prompt)
        return levels

    def _ask(self, method: str, *arguments: object) -> Any:
        copy = self._idle.get()
        try:
            return _result(self.name, getattr(copy, method).remote(*arguments))
        finally:
            self._idle.put(copy)


class Copy:
    """What one actor does: it loads the model with the first call. Our errors are returned: Ray wraps what is raised."""

    def __init__(self, spec: str) -> None:
        """Keep the spec."""
        self._spec = spec
        self._vlm: VLM | None = None

    def pid(self) -> int:
        """Return the number of this process."""
        return os.getpid()

    def adapter(self) -> Adapter | WhenwhatError:
        """Load the model, and return how it wants to be asked."""
        return self._told(lambda vlm: vlm.adapter)

    def generate(
        self, prompts: Sequence[Prompt], sampling: Sampling
    ) -> list[Completion] | WhenwhatError:
        """See `VLM`."""
        return self._told(lambda vlm: vlm.generate(prompts, sampling))

    def stamps(self, prompt: Prompt) -> list[float] | WhenwhatError:
        """See `VLM`."""
        return self._told(lambda vlm: vlm.stamps(prompt))

    def brightness(self, prompt: Prompt) -> list[float] | WhenwhatError:
        """See `VLM`."""
        return self._told(lambda vlm: vlm.brightness(prompt))

    def _told(self, do: Callable[[VLM], T]) -> T | WhenwhatError:
        try:
            if self._vlm is None:
                self._vlm = load_vlm(self._spec)
            return do(self._vlm)
        except WhenwhatError as error:
            return error


def _result(spec: str, reply: Any) -> Any:
    """Wait for what an actor returns, and raise it if it is an error."""
    import ray
    from ray.exceptions import OutOfMemoryError, RayActorError

    try:
        result = ray.get(reply)
    except (RayActorError, OutOfMemoryError) as error:
        raise BackendError(
            f"{spec} was tried in {TRIES} processes of the Ray cluster, and each one died ({_first_line(error)}). Most "
            "likely memory ran out: ask for smaller batches (--concurrency), more of a GPU (--vlm-gpus) or a smaller "
            "model; `ray logs` tells more."
        ) from error
    if isinstance(result, WhenwhatError):
        raise result
    return result


def _check_room(crew: Sequence[Any], gpus: float) -> None:
    """Check that each actor has a place; where there is none, Ray would wait for ever."""
    import ray
    from ray.exceptions import RayActorError

    started = [one.pid.remote() for one in crew]
    ready, waiting = ray.wait(started, num_returns=len(started), timeout=_PATIENCE)
    if waiting:
        held = f"a core and {gpus:g} GPUs" if gpus else "a core"
        raise EngineError(
            f"The Ray cluster has room for {len(ready)} of {len(crew)} copies of the model ({held} each; it has "
            f"{_resources()} in all). Ask for fewer --vlm-workers or --vlm-gpus, or wait until others are done."
        )
    try:
        ray.get(started)
    except RayActorError as error:
        raise EngineError(
            f"No process for the model starts on the Ray cluster: {_first_line(error)} Every node needs whenwhat, in "
            "the same version."
        ) from error


def _resources() -> str:
    import ray

    there = ray.cluster_resources()
    return f"{there.get('CPU', 0):g} cores and {there.get('GPU', 0):g} GPUs"


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
