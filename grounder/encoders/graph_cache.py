"""What takes tens of CPU-seconds to prepare, kept on disk: exported graphs and class vectors.

Written whole, checked when opened, rebuilt with a log line when damaged.
"""

import hashlib
import io
import json
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from grounder.errors import ModelError
from grounder.writing import replacing

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

logger = logging.getLogger(__name__)

LAYOUT = 2
"""Raised when the graphs' meaning changes: older files are then not found."""


@dataclass(frozen=True, slots=True)
class GraphRecord:
    """What is known of a cached file; its JSON lies beside it."""

    sha256: str
    """Of the file."""
    cosine: float
    """Lowest cosine between a graph's and the fp32 network's vectors over the probe pictures; 1 is exact."""


def graph_path(cache: Path, identity: str) -> Path:
    """Return where the graph of this model belongs; another library version has another place."""
    versions = [version(name) for name in ("torch", "onnxruntime", "onnxscript", "timm")]
    key = json.dumps([identity, LAYOUT, *versions])
    slug = "".join(c if c.isalnum() or c in "-._" else "-" for c in identity)
    return cache / f"{slug[:80]}-{hashlib.sha256(key.encode()).hexdigest()[:12]}.onnx"


def open_graph(
    path: Path, build: Callable[[], tuple[bytes, float]]
) -> "tuple[InferenceSession, GraphRecord]":
    """Open the cached graph, or build it first (tens of CPU-seconds, once).

    Args:
        path: From `graph_path`.
        build: Gives the graph and its lowest cosine to fp32; called only when there is none to trust.

    Raises:
        ModelError: it cannot be written.
    """
    graph, record = _kept(path, build)
    return open_session(graph), record


def kept_array(path: Path, build: Callable[[], NDArray[np.float32]]) -> NDArray[np.float32]:
    """Return the cached array, or build and keep it first."""

    def as_bytes() -> tuple[bytes, float]:
        stream = io.BytesIO()
        np.save(stream, build(), allow_pickle=False)
        return stream.getvalue(), 1.0

    content, _ = _kept(path.with_suffix(".npy"), as_bytes)
    array: NDArray[np.float32] = np.load(io.BytesIO(content), allow_pickle=False)
    return array


def open_session(graph: bytes) -> "InferenceSession":
    """Make a graph runnable on the CPU."""
    import onnxruntime
    import torch

    options = onnxruntime.SessionOptions()
    # One dial for the whole program: what torch may use, this may use.
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def _kept(path: Path, build: Callable[[], tuple[bytes, float]]) -> tuple[bytes, GraphRecord]:
    found = _read(path)
    if found is None:
        logger.info("Preparing %s, once for this model", path)
        content, cosine = build()
        found = content, GraphRecord(hashlib.sha256(content).hexdigest(), cosine)
        _keep(path, *found)
    return found


def _keep(path: Path, content: bytes, record: GraphRecord) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, content)
        _write(_record_path(path), json.dumps(asdict(record)).encode())
    except OSError as error:
        raise ModelError(
            f"What was prepared for the encoder cannot be kept in {path.parent}: {error.strerror}. Make "
            "that folder writable, or let XDG_CACHE_HOME name another one."
        ) from error


def _read(path: Path) -> tuple[bytes, GraphRecord] | None:
    """Return the graph and its record, or None when there is none that can be trusted."""
    if not path.exists():
        return None
    try:
        record = GraphRecord(**json.loads(_record_path(path).read_text(encoding="utf-8")))
        graph = path.read_bytes()
    except (OSError, ValueError, TypeError) as error:
        logger.warning("Rebuilding %s: its record cannot be read (%s)", path, error)
        return None
    if hashlib.sha256(graph).hexdigest() != record.sha256:
        logger.warning("Rebuilding %s: it is not the file that was written", path)
        return None
    return graph, record


def _record_path(path: Path) -> Path:
    return path.with_suffix(path.suffix + ".json")


def _write(path: Path, content: bytes) -> None:
    with replacing(path) as part:
        part.write_bytes(content)
