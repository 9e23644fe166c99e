"""Where the pictures of a stream end, read from the last packets instead of the container's word."""

from collections.abc import Iterable
from fractions import Fraction

from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from grounder.video.packets import demux, places_before


def last_picture_end(
    container: InputContainer, stream: VideoStream, ticks: int, *, truncated: bool
) -> int | None:
    """Return the PTS at which the last picture ends; None when no packet can be read.

    MP4 declares too little for uneven frame rates with B-pictures, Matroska counts from 0 rather
    than from its first picture, live recordings declare nothing. Reads one group of pictures,
    but the whole file where no keyframe is known near `ticks`, the declared end.

    In a truncated file pictures that were stored later but shown earlier are missing before the
    very last one, so the end is where the decoding order breaks off.
    """
    rate = stream.average_rate or stream.guessed_rate or Fraction(25)
    nominal = max(1, round(1 / (rate * (stream.time_base or 1))))
    for _, packets in places_before(container, stream, ticks, _ignore):
        end = _end(packets, nominal, truncated=truncated)
        if end is not None:
            return end
    container.seek(stream.start_time or 0, stream=stream)
    return _end(demux(container, stream, _ignore), nominal, truncated=truncated)


def _end(packets: Iterable["Packet[VideoStream]"], nominal: int, *, truncated: bool) -> int | None:
    end: int | None = None
    for packet in packets:
        if packet.pts is None:
            continue
        start = packet.pts if not truncated or packet.dts is None else packet.dts
        shown = start + (packet.duration or nominal)
        end = shown if end is None else max(end, shown)
    return end


def _ignore() -> None:
    """Nothing is decoded here, so there is no damage to report."""
