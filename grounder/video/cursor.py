"""A place in one video stream that moves to any time and knows which picture is on screen there."""

from collections import deque
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from grounder.video.decoder import SAME_TIME
from grounder.video.packets import Damage, decode, demux, places_before
from grounder.video.probe import Probe, open_container, video_stream

# Packets looked at ahead of the decoder: enough to see past any reordering (H.264 allows 16).
LOOKAHEAD = 32
# A seek throws away the pictures in flight, so a keyframe nearer than this is reached by decoding on.
NEAR_SECONDS = 0.5
# Where the file has no index of its keyframes: decode on up to here, seek beyond.
BLIND_SECONDS = 5.0
# FFmpeg knows every keyframe of these from the start; of others only those that were read.
INDEXED = frozenset({"mov,mp4,m4a,3gp,3g2,mj2", "avi"})

# FFmpeg's own decoders, which heed a change of `skip_frame` between packets; libdav1d (AV1) takes
# the first and keeps it.
SKIPPING = frozenset({"h264", "hevc", "mpeg2video", "mpeg4"})

Picture = tuple[float, VideoFrame]


class Cursor:
    """Keeps the picture on screen and the one after it; pictures come in time order."""

    def __init__(
        self,
        path: Path,
        probe: Probe,
        damaged: Damage,
        *,
        threads: int = 1,
    ) -> None:
        self._path = path
        self._clock = probe.clock
        self._indexed = probe.facts.container in INDEXED
        self._damaged = damaged
        self._threads = threads
        self._earliest: float | None = None
        self._on_screen: Picture | None = None
        self._next: Picture | None = None
        self._open()

    def at(self, time: float) -> Picture | None:
        """Move to `time`: return the last picture that is not later, else the first; None if none."""
        if self._must_seek(time):
            self._seek(time)
        if self._on_screen is None:
            self._on_screen = self._next or self._advance(time)
            self._next = self._advance(time)
        while self._next is not None and self._next[0] <= time + SAME_TIME:
            self._on_screen, self._next = self._next, self._advance(time)
        return self._on_screen

    def step(self) -> Picture | None:
        """Move on by one picture and return it; None at the end."""
        self._on_screen, self._next = self._next or self._advance(None), None
        return self._on_screen

    @property
    def ended(self) -> bool:
        """Tell, after `at`, whether no picture follows."""
        return self._next is None

    def close(self) -> None:
        """Release the file."""
        self._container.close()

    def _open(self) -> None:
        self._container = open_container(self._path)
        self._stream = video_stream(self._container, self._path)
        context = self._stream.codec_context
        context.thread_type = "AUTO" if self._threads > 1 else "NONE"
        context.thread_count = self._threads
        if self._threads > 1:
            # Whole-file scans leave pictures that no other depends on unfiltered: nothing drifts,
            # and the 7-12 % of the decoding that it saves pays for the threads.
            context.options = {"skip_loop_filter": "noref"}
        self._can_skip = context.name in SKIPPING
        self._restart(demux(self._container, self._stream, self._damaged), None)

    def _restart(self, packets: Iterator["Packet[VideoStream]"], first_pts: int | None) -> None:
        self._packets = packets
        self._first_pts = first_pts
        self._ahead: deque[Packet[VideoStream]] = deque()
        self._ready: deque[Picture] = deque()
        self._on_screen = None
        self._next = None
        self._last = float("-inf")

    def _must_seek(self, time: float) -> bool:
        if self._on_screen is not None and time + SAME_TIME < self._on_screen[0]:
            return self._on_screen[0] != self._earliest
        reached = self._next or self._on_screen
        here = reached[0] if reached else 0.0
        if time - here < NEAR_SECONDS:
            return False
        if self._on_screen is not None and self._next is None:
            return False  # the end: nothing follows
        keyframe = self._keyframe_before(time)
        if keyframe is not None and keyframe > here + NEAR_SECONDS:
            return True
        return not self._indexed and time - here > BLIND_SECONDS

    def _keyframe_before(self, time: float) -> float | None:
        entries = self._stream.index_entries
        position = entries.search_timestamp(self._clock.ticks(time))
        return None if position < 0 else self._clock.seconds(entries[position].timestamp)

    def _seek(self, time: float) -> None:
        """Start from a keyframe after which the picture on screen at `time` is decoded."""
        ticks = self._clock.ticks(time)
        for pts, packets in places_before(self._container, self._stream, ticks, self._damaged):
            self._restart(packets, pts)
            self._next = self._advance(time)
            if self._next is not None and self._next[0] <= time + SAME_TIME:
                return
        self.close()
        self._open()

    def _advance(self, time: float | None) -> Picture | None:
        """Return the next picture; those that `time` makes needless may be left out."""
        while not self._ready:
            packet = self._take(time)
            if packet is None:
                return None
            for frame in decode(packet, self._damaged):
                self._keep(frame)
        return self._ready.popleft()

    def _keep(self, frame: VideoFrame) -> None:
        pts = frame.pts if frame.pts is not None else frame.dts
        # After a seek, pictures shown before the keyframe lack what they were predicted from.
        if pts is None or (self._first_pts is not None and pts < self._first_pts):
            return
        time = self._clock.seconds(pts)
        if self._earliest is None and self._first_pts is None:
            self._earliest = time
        if time >= self._last:
            self._last = time
            self._ready.append((time, frame))

    def _take(self, time: float | None) -> "Packet[VideoStream] | None":
        """Return the next packet, telling the decoder to skip it if another hides it at `time`.

        Skipped are only pictures that no other depends on (B-pictures, mostly).
        """
        if time is not None:
            self._ahead.extend(islice(self._packets, LOOKAHEAD - len(self._ahead)))
        packet = self._ahead.popleft() if self._ahead else next(self._packets, None)
        if packet is not None and self._can_skip:
            hidden = time is not None and self._hidden(packet, self._clock.ticks(time))
            self._stream.codec_context.skip_frame = "NONREF" if hidden else "DEFAULT"
        return packet

    def _hidden(self, packet: "Packet[VideoStream]", ticks: int) -> bool:
        pts = packet.pts
        if pts is None or pts >= ticks:
            return False
        return any(other.pts is not None and pts < other.pts <= ticks for other in self._ahead)
