"""Packets and pictures of one stream, with the damage in an untrusted file contained."""

import contextlib
import itertools
from collections.abc import Callable, Iterator

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

# A damaged stretch can fail many reads in a row; a file that is only damage must still end.
MAX_FAILED_READS = 64

Damage = Callable[[], None]


def demux(
    container: InputContainer, stream: VideoStream, damaged: Damage
) -> Iterator["Packet[VideoStream]"]:
    """Yield whole packets up to the end, or up to where the file cannot be read any more."""
    # MPEG-TS marks a packet for any byte lost on the way, and decoders cope; elsewhere the mark
    # means that the file ends inside the packet, and half a picture is not a picture.
    keep_marked = container.format.name == "mpegts"
    for _ in range(MAX_FAILED_READS):
        try:
            for packet in container.demux(stream):
                if packet.is_corrupt and not keep_marked:
                    damaged()
                else:
                    yield packet
            return
        except av.error.EOFError:
            return
        except av.error.FFmpegError:
            damaged()


def decode(packet: "Packet[VideoStream]", damaged: Damage) -> list[VideoFrame]:
    """Return the pictures that `packet` completes; none when it is damaged."""
    try:
        frames = packet.decode()
    except av.error.FFmpegError:
        damaged()
        return []
    for frame in frames:
        if frame.is_corrupt:
            damaged()
    return frames


def places_before(
    container: InputContainer, stream: VideoStream, ticks: int, damaged: Damage
) -> Iterator[tuple[int, Iterator["Packet[VideoStream]"]]]:
    """Seek to ever earlier keyframes at or before `ticks`: yield (PTS, packets from there on).

    The first is where decoding can usually start. Going on asks for an earlier one, as is needed
    when its first pictures are not clean. Ends at the start of the file.
    """
    start, tick = stream.start_time or 0, float(stream.time_base or 1)
    wanted, back = ticks, 0.5
    while wanted > start:
        landed = None
        with contextlib.suppress(av.error.FFmpegError):
            container.seek(wanted, stream=stream, backward=True)
            keyframe, packets = _from_keyframe(demux(container, stream, damaged))
            landed = None if keyframe is None else keyframe.pts
        if landed is not None and landed <= ticks:
            yield landed, packets
        # Containers find a keyframe by its decoding time, or have no index at all, and so
        # come out too late: the right one lies before what was found, and ever further back.
        wanted = min(wanted if landed is None else landed, ticks - round(back / tick)) - 1
        back *= 2


def _from_keyframe(
    packets: Iterator["Packet[VideoStream]"],
) -> tuple["Packet[VideoStream] | None", Iterator["Packet[VideoStream]"]]:
    for packet in packets:
        if packet.is_keyframe and packet.pts is not None:
            return packet, itertools.chain([packet], packets)
    return None, iter(())
