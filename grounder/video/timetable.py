"""The true times of all pictures of a stream, for decoders that only count pictures."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from grounder.video.decoder import SAME_TIME
from grounder.video.packets import demux
from grounder.video.probe import Probe, open_container, video_stream


@dataclass(frozen=True, slots=True, eq=False)
class Timetable:
    """Pictures in the order shown; position 0 is the first that is presented."""

    times: NDArray[np.float64]
    """(n,) seconds of the whole video, rising."""
    keyframes: NDArray[np.int64]
    """Positions of the keyframes."""
    hidden: int
    """Pictures stored before position 0 that an edit list hides."""

    def on_screen(self, time: float) -> int:
        """Return the position of the picture on screen at `time`."""
        return max(0, int(np.searchsorted(self.times, time + SAME_TIME, side="right")) - 1)

    def from_start(self, start: float, *, keyframes_only: bool) -> list[int]:
        """Return the positions from the picture on screen at `start` on."""
        if not keyframes_only:
            return list(range(self.on_screen(start), len(self.times)))
        first = self.on_screen(start)
        before = self.keyframes[self.keyframes <= first]
        return [int(k) for k in self.keyframes if k >= (before[-1] if len(before) else 0)]


def read_timetable(path: Path, probe: Probe) -> Timetable:
    """Read every packet of the stream, without decoding any."""
    with open_container(path) as container:
        packets = [
            (packet.pts, packet.is_keyframe, packet.is_discard)
            for packet in demux(container, video_stream(container, path), lambda: None)
            if packet.pts is not None
        ]
    packets.sort()
    shown = [(pts, key) for pts, key, hidden in packets if not hidden]
    return Timetable(
        times=np.array([probe.clock.seconds(pts) for pts, _ in shown], np.float64),
        keyframes=np.flatnonzero([key for _, key in shown]),
        hidden=len(packets) - len(shown),
    )
