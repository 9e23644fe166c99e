"""The FAISS file of one encoder: all its vectors in one flat index, a cache that can always be rebuilt.

The file is FAISS's own, then a JSON footer, then the footer's length (8 bytes) and `_MAGIC`.
"""

import hashlib
import json
import logging
import re
import time
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from grounder.errors import EncoderMismatch, IndexCorrupt, LibraryError
from grounder.library.failures import told_clearly
from grounder.library.rows import TrackRow
from grounder.library.tracks import Tracks
from grounder.writing import replacing

if TYPE_CHECKING:
    import faiss

_log = logging.getLogger(__name__)
_MAGIC = b"whenwhat-faiss"
_SCHEMA = 1
_BLOCK = 1 << 24


@dataclass(frozen=True, slots=True)
class Hit:
    """One embedded frame near a query."""

    video_id: str
    time: float
    """Seconds of the whole video."""
    score: float
    """Cosine similarity, in [-1, 1]."""


@dataclass(frozen=True, slots=True)
class Footer:
    """What a FAISS file claims to hold."""

    encoder: str
    dim: int
    count: int
    source: str
    """Hash of the tracks it was made from (see `_source_of`)."""
    checksum: int
    """CRC-32 of everything before the footer."""
    schema: int = _SCHEMA


class Neighbours:
    """Nearest frames over every video that one encoder has embedded; `tracks` share that encoder."""

    def __init__(self, folder: Path, tracks: Tracks, members: Sequence[TrackRow]) -> None:
        """Load the file in `folder`, or build it from the arrays and store it.

        Raises:
            EncoderMismatch: the file belongs to another encoder.
            IndexCorrupt: the arrays of a track are damaged.
        """
        plan = members[0].plan
        self.source = source_of(members)
        digest = hashlib.sha256(plan.encoder.encode()).hexdigest()[:8]
        slug = re.sub(r"[^A-Za-z0-9.-]+", "-", plan.encoder)[:60].strip("-.")
        path = folder / f"{slug}-{digest}.faiss"
        index = _load(path, encoder=plan.encoder, source=self.source)
        if index is None:
            index = _build(tracks, members)
            _store(path, index, encoder=plan.encoder, source=self.source)
        self._index = index
        self._members = list(members)
        self._starts = np.cumsum([0] + [track.rows for track in members])
        self._times = [tracks.arrays(track).read(track.rows)[1] for track in members]

    def nearest(self, vector: NDArray[np.float32], k: int) -> list[Hit]:
        """Return the `k` frames nearest to one unit `vector` (dim,), best first."""
        scores, rows = self._index.search(vector.reshape(1, -1), k)
        return [
            self._hit(int(row), float(score))
            for row, score in zip(rows[0], scores[0], strict=True)
            if row >= 0  # FAISS pads with -1 when there are fewer than k
        ]

    def _hit(self, row: int, score: float) -> Hit:
        number = int(np.searchsorted(self._starts, row, side="right")) - 1
        seconds = self._times[number][row - self._starts[number]]
        return Hit(self._members[number].video_id, float(seconds), score)


def source_of(members: Sequence[TrackRow]) -> str:
    """Return a hash of which tracks, and how much of each, an index covers; ids are never reused."""
    listed = "\n".join(f"{t.track_id} {t.video_id} {t.rows}" for t in members)
    return hashlib.sha256(listed.encode()).hexdigest()


def _build(tracks: Tracks, members: Sequence[TrackRow]) -> "faiss.Index":
    import faiss

    # Flat and exact: the arrays are float16 already, and half the bytes are twice the speed.
    index = faiss.IndexScalarQuantizer(
        members[0].plan.dim, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
    )
    for track in members:
        tracks.check(track)
        vectors, _ = tracks.arrays(track).read(track.rows)
        index.add(np.asarray(vectors, dtype=np.float32))
    return index


def _store(path: Path, index: "faiss.Index", *, encoder: str, source: str) -> None:
    """Write the file beside its place and move it there; a failure costs only the next start."""
    import faiss

    try:
        with told_clearly(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(path) as part:
                faiss.write_index(index, str(part))
                footer = Footer(encoder, index.d, index.ntotal, source, _checksum(part))
                _append_footer(part, footer)
    except (LibraryError, RuntimeError) as error:  # FAISS reports a failed write as RuntimeError
        _log.warning("The search cache %s could not be stored: %s", path, error)


def _append_footer(path: Path, footer: Footer) -> None:
    data = json.dumps(asdict(footer)).encode()
    with path.open("ab") as file:
        file.write(data + len(data).to_bytes(8, "little") + _MAGIC)


def _load(path: Path, *, encoder: str, source: str) -> "faiss.Index | None":
    """Return the stored index, or None when there is none for `source`; a damaged file is put aside."""
    import faiss

    if not path.exists():
        return None
    try:
        footer = _read_footer(path)
        if footer.encoder != encoder:
            raise EncoderMismatch(
                f"{path} was made by {footer.encoder}, not by {encoder}. Delete it: it is a cache "
                "and will be rebuilt."
            )
        if footer.source != source or footer.schema != _SCHEMA:
            return None
        index = faiss.read_index(str(path))
        if (index.ntotal, index.d) != (footer.count, footer.dim):
            raise IndexCorrupt(
                f"{path} holds {index.ntotal} x {index.d}, its footer says {footer}."
            )
    except (IndexCorrupt, RuntimeError) as error:  # FAISS reports unreadable files as RuntimeError
        aside = path.with_name(f"{path.name}.corrupt-{time.time_ns()}")
        path.replace(aside)
        _log.warning("The search cache was damaged (%s). Moved to %s and rebuilt.", error, aside)
        return None
    return index


def _read_footer(path: Path) -> Footer:
    """Read and check the footer.

    Raises:
        IndexCorrupt: there is none, or the bytes before it are not those it was written for.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - 8 - len(_MAGIC)))
        tail = file.read()
        length = int.from_bytes(tail[:8], "little")
        body = size - len(tail) - length
        if not tail.endswith(_MAGIC) or body < 0:
            raise IndexCorrupt(
                f"{path} has no footer: it was cut short or is another kind of file."
            )
        file.seek(body)
        try:
            footer = Footer(**json.loads(file.read(length)))
        except (ValueError, TypeError) as error:
            raise IndexCorrupt(f"{path} has an unreadable footer: {error}.") from error
    if _checksum(path, body) != footer.checksum:
        raise IndexCorrupt(f"{path} is not what was written: its checksum differs.")
    return footer


def _checksum(path: Path, length: int | None = None) -> int:
    remaining = path.stat().st_size if length is None else length
    checksum = 0
    with path.open("rb") as file:
        while remaining > 0 and (block := file.read(min(_BLOCK, remaining))):
            checksum = zlib.crc32(block, checksum)
            remaining -= len(block)
    return checksum
