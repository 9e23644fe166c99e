"""RayEngine: the same work on the machines of a Ray cluster; what it makes comes back here as it is made.

Ray Data deals the jobs out, one a block, to a pool of actors. Each actor keeps one worker process (`worker.serve`)
as `LocalEngine` does, so that a fault in a library costs one job, not Ray's patience; a machine that is lost has
its job done on another one by Ray itself. Reports are blocks of one row, because Ray Data hands out whole blocks.
"""

import logging
import os
import pickle
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from platform import node
from typing import Any, TypeVar

from grounder.errors import EngineError, MissingDependency, WhenwhatError
from scenetg.engine.address import check_reachable
from scenetg.engine.engine import NOTHING, Beside, Died, Failed, Report, Work
from scenetg.engine.process import Process

Job = TypeVar("Job")
Piece = TypeVar("Piece")
LOCAL = "local"
"""The address of a cluster that is started here for this command and ends with it."""
_STORE_BYTES = 256 * 2**20
"""Of a local cluster, and again for each copy of a model: reports are read as they come, and the largest (a minute of
vectors) has 0.3 MB; a call has some 10 MB of pictures a prompt, more where a grounder sees a whole video."""


@contextmanager
def connected(
    address: str | None, workers: int, gpus: float, beside: Beside = NOTHING
) -> Iterator[None]:
    """Connect to the Ray cluster at an address; None: `RAY_ADDRESS`, else one on this machine that has room for all.

    Raises:
        MissingDependency: Ray is not installed.
        EngineError: no cluster answers at the address, or it has too few GPUs.
    """
    try:
        import ray
        import ray.data  # both are parts of the extra
    except ImportError as error:
        raise MissingDependency(
            "--engine ray needs Ray. Install it here and on every node: pip install 'whenwhat[ray]'."
        ) from error
    told = address or os.environ.get("RAY_ADDRESS") or LOCAL
    settings: dict[str, Any] = {}
    if told == LOCAL:
        # A run on this machine tells nobody about itself.
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        cores = workers + 1 + beside.actors
        settings = {"num_cpus": cores, "include_dashboard": False}
        settings["object_store_memory"] = _STORE_BYTES * (1 + beside.actors)
    check_reachable(told)
    try:
        ray.init(told, log_to_driver=False, logging_level=logging.ERROR, **settings)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise EngineError(
            f"No Ray cluster answers at {told} ({error}). Start one with `ray start --head`, or leave --address out "
            "to use this machine."
        ) from error
    try:
        check_gpus(gpus, beside)
        yield
    finally:
        ray.shutdown()


def check_gpus(gpus: float, beside: Beside = NOTHING) -> None:
    """Check that the cluster that is connected has the GPUs of one worker, and of all that runs beside it.

    Raises:
        EngineError: it has too few: some would wait for ever.
    """
    import ray

    there = ray.cluster_resources().get("GPU", 0.0)
    asked = gpus + beside.actors * beside.gpus
    if asked <= there:
        return
    told = f"--gpus {gpus:g}"
    if beside.actors:
        told += f" and {beside.actors} x --vlm-gpus {beside.gpus:g}"
    has = f"{there:g} GPUs" if there else "no GPU"
    raise EngineError(f"{told}: this Ray cluster has {has}. Ask for less (0.5: two share one).")


class RayEngine:
    """Worker processes on the machines of the cluster that is connected (see `Engine`)."""

    name = "ray"

    def __init__(self, workers: int = 1, *, gpus: float = 0.0) -> None:
        """Use `workers` processes of one core each.

        Args:
            workers: how many; those for which the cluster has no room yet begin later.
            gpus: what each holds; 0.5 lets two share one.

        Raises:
            ValueError: there must be one worker at least.
        """
        if workers < 1:
            raise ValueError(f"{workers} workers do no work. Ask for 1 or more.")
        self.workers, self.gpus = workers, gpus

    def run(self, work: Work[Job, Piece], jobs: Sequence[Job]) -> Iterator[Report[Piece]]:
        """See `Engine.run`."""
        if not jobs:
            return
        from ray.data import ActorPoolStrategy, from_items

        _settle()
        rows = [{"job": number, "asked": pickle.dumps(job)} for number, job in enumerate(jobs)]
        reports = from_items(rows, override_num_blocks=len(rows)).map_batches(
            Hand,
            fn_constructor_args=(work,),
            batch_size=1,
            compute=ActorPoolStrategy(size=min(self.workers, len(jobs))),
            num_cpus=1,
            num_gpus=self.gpus or None,
        )
        for row in reports.iter_rows():
            report = pickle.loads(row["report"])
            if isinstance(report, WhenwhatError):
                raise report
            yield report


class Hand:
    """What one actor does: it hands jobs to a worker process and passes on its reports, pickled."""

    def __init__(self, work: Work[Any, Any]) -> None:
        """Keep the work; the process starts with the first job."""
        self._work = work
        self._process: Process | None = None

    def __call__(self, rows: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, list[bytes]]]:
        """Do the job of a row; yield one row for each report."""
        self._process = self._process or Process(self._work)
        self._process.assign(int(rows["job"][0]), pickle.loads(rows["asked"][0]))
        while self._process is not None and self._process.job is not None:
            yield {"report": [pickle.dumps(self._next(self._process))]}

    def _next(self, process: Process) -> Report[Any] | WhenwhatError:
        try:
            report = process.listen()
        except WhenwhatError as error:
            self._process = None
            return error
        if isinstance(report, Died):
            self._process = None
        if isinstance(report, Failed) and report.missing:
            return EngineError(
                f"{report.message} That is how {node()} sees it: with --engine ray, every node must see the videos "
                "under the path they have here."
            )
        return report


def _settle() -> None:
    from ray.data import DataContext

    context = DataContext.get_current()
    context.target_max_block_size = 1  # bytes: every report is handed out the moment it is made
    context.enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
