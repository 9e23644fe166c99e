"""What the benchmarks share: CPU-seconds, medians, and a random CLIP of the true size."""

import os
import resource
import statistics
from collections.abc import Callable
from pathlib import Path

from grounder.encoders import Encoder, load_encoder

CLIP = "ViT-B-32"


def cpu_seconds() -> float:
    """Return the CPU-seconds this process and its finished children have used, threads included."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def cost(action: Callable[[], object]) -> float:
    """Return the CPU-seconds of one call."""
    before = cpu_seconds()
    action()
    return cpu_seconds() - before


def medians(actions: dict[str, Callable[[], object]], *, rounds: int) -> dict[str, float]:
    """Return the median cost of each action; they take turns, so that noise falls on all alike."""
    costs: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(rounds):
        for name, action in actions.items():
            costs[name].append(cost(action))
    return {name: statistics.median(values) for name, values in costs.items()}


def added_memory(action: Callable[[], object]) -> float:
    """Return the most MiB that one call held beside what was held before (Linux)."""
    Path("/proc/self/clear_refs").write_text("5")  # forgets the peak so far
    before = held("VmRSS")
    action()
    return held("VmHWM") - before


def held(name: str) -> float:
    """Return a number of this process's memory in MiB; not `getrusage`, whose peak outlives `exec`."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:"))


def clip_checkpoint(folder: Path) -> Path:
    """Return random weights of the real ViT-B-32; speed does not depend on what they have learnt."""
    path = folder / "random-vit-b-32.safetensors"
    if not path.exists():
        import open_clip
        import torch
        from safetensors.torch import save_file

        torch.manual_seed(0)
        network = open_clip.create_model(CLIP, pretrained=None)
        weights = {name: value.contiguous() for name, value in network.state_dict().items()}
        save_file(weights, path)
    return path


def clip_encoder(folder: Path) -> Encoder:
    """Load it the way a user's checkpoint is loaded: int8 on a CPU."""
    spec = f"open_clip:{CLIP}/{clip_checkpoint(folder)}"
    return load_encoder(spec, device="cpu", cache=folder / "graphs")


def one_thread() -> None:
    """Let models compute on one thread: on busy cores the others burn CPU-seconds waiting in a loop."""
    import faiss
    import torch

    torch.set_num_threads(1)
    faiss.omp_set_num_threads(1)


def verdict(
    name: str, value: float, *, at_most: float = float("inf"), at_least: float = 0.0
) -> bool:
    """Print one ratio beside its limit and tell whether it holds."""
    holds = at_least <= value <= at_most
    limit = f"<= {at_most:g}" if at_most < float("inf") else f">= {at_least:g}"
    print(f"{name}: {value:.3f} ({limit}) {'ok' if holds else 'MISSED'}")
    return holds


def work_folder(given: Path | None) -> Path:
    """Return the folder that films and weights are kept in between runs."""
    folder = given or Path(os.environ.get("TMPDIR", "/tmp")) / "whenwhat-benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
