"""Only the keyframes of a stream: a first look at a file for a few per cent of a full scan."""

from collections.abc import Generator
from pathlib import Path

import av
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from grounder.video.packets import Damage, decode, demux, places_before
from grounder.video.probe import Probe, open_container, video_stream


def keyframes(
    path: Path, probe: Probe, damaged: Damage, *, start: float
) -> Generator[tuple[float, VideoFrame]]:
    """Yield (time, picture) of each keyframe from the last one at or before `start` on."""
    with open_container(path) as container:
        stream = video_stream(container, path)
        stream.codec_context.thread_type = "NONE"
        packets = demux(container, stream, damaged)
        if start > 0:
            places = places_before(container, stream, probe.clock.ticks(start), damaged)
            _, packets = next(places, (0, packets))
        # Other packets are dropped here: `skip_frame=NONKEY` passes every VP9 picture, and
        # `stream.discard` makes FFmpeg's MP4 demuxer give keyframes the PTS of their neighbours.
        for packet in packets:
            if packet.is_keyframe and packet.pts is not None:
                for frame in _alone(packet, stream, damaged):
                    yield probe.clock.seconds(packet.pts), frame


def _alone(packet: "Packet[VideoStream]", stream: VideoStream, damaged: Damage) -> list[VideoFrame]:
    """Decode one keyframe with no neighbours: in open GOPs these put it out of order."""
    frames = decode(packet, damaged)
    try:
        frames += stream.codec_context.decode(None)
    except av.error.EOFError:
        pass
    except av.error.FFmpegError:
        damaged()
    stream.codec_context.flush_buffers()
    return frames[:1]
