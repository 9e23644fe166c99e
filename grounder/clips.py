"""A stretch of a video as a video of its own: encoded again, or its packets copied."""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream
from numpy.typing import NDArray

from grounder.errors import VideoError
from grounder.span import Span
from grounder.video import Size, Video
from grounder.video.packets import places_before
from grounder.video.probe import open_container, stream_clock, video_stream

CLIP_RATE = 90000  # ticks a second: holds every common frame rate exactly
SOUND_RATE = 48000
# How far apart a file may store the sound and the pictures of one moment.
INTERLEAVE_SECONDS = 2.0


@contextmanager
def _output(path: Path) -> Iterator[OutputContainer]:
    try:
        # "file:" keeps a name such as "-" or "a:b" from being anything but a name.
        with av.open(f"file:{path.absolute()}", "w") as output:
            yield output
    except (av.error.FFmpegError, ValueError) as error:
        raise VideoError(
            f"Cannot write a {path.suffix} clip: {error}. Name it .mp4 or .mkv, or cut it exactly."
        ) from error


def encode_clip(video: Video, span: Span, part: Path) -> Span:
    """Write exactly `span` as H.264 and AAC, upright and with square samples; return it."""
    with _output(part) as output:
        size = Size(*(max(2, side // 2 * 2) for side in video.facts.size))
        rate = max(1, min(240, round(video.facts.frame_rate)))
        picture = output.add_stream(
            "libx264", rate=rate, options={"crf": "18", "preset": "veryfast"}
        )
        assert isinstance(picture, VideoStream)
        picture.width, picture.height, picture.pix_fmt = size.width, size.height, "yuv420p"
        picture.codec_context.time_base = Fraction(1, CLIP_RATE)
        sound = output.add_stream("aac", rate=SOUND_RATE) if video.facts.has_audio else None
        for image in _pictures(video, span, size):
            output.mux(picture.encode(image))
        output.mux(picture.encode(None))
        if sound is not None:
            assert isinstance(sound, AudioStream)
            _encode_sound(video.path, span, output, sound)
    return span


def _pictures(video: Video, span: Span, size: Size) -> Iterator[av.VideoFrame]:
    """Yield the pictures of `span`; the last again at its end, which is how long it is shown."""
    image, shown = None, 0.0
    for frame in video.scan(start=span.start):
        if frame.time >= span.end:
            break
        shown = max(0.0, frame.time - span.start)
        image = frame.rgb(size)
        yield _stamped(image, shown)
    closing = span.duration - 1 / max(1.0, video.facts.frame_rate)
    if image is not None and closing > shown + 0.5 / max(1.0, video.facts.frame_rate):
        yield _stamped(image, closing)


def _stamped(image: NDArray[np.uint8], time: float) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(image, format="rgb24")
    frame.pts, frame.time_base = round(time * CLIP_RATE), Fraction(1, CLIP_RATE)
    return frame


def _encode_sound(path: Path, span: Span, output: OutputContainer, sound: AudioStream) -> None:
    resampler = av.AudioResampler(format="fltp", layout="stereo", rate=SOUND_RATE)
    with open_container(path) as source:
        begin = span.start + (source.start_time or 0) / av.time_base
        source.seek(round(begin * av.time_base), backward=True)
        written = None
        for frame in source.decode(source.streams.audio[0]):
            if frame.time is None or frame.time < begin:
                continue
            if frame.time >= begin + span.duration:
                break
            if written is None:
                written = round((frame.time - begin) * SOUND_RATE)
            for piece in resampler.resample(frame):
                # Counted on from the first: gaps of one tick's rounding would be heard as clicks.
                piece.pts, piece.time_base = written, Fraction(1, SOUND_RATE)
                written += piece.samples
                output.mux(sound.encode(piece))
        output.mux(sound.encode(None))


def copy_clip(video: Video, span: Span, part: Path) -> Span:
    """Copy the packets of `span` from the keyframe before it; return the stretch they show."""
    with open_container(video.path) as source, _output(part) as output:
        picture = video_stream(source, video.path)
        clock = stream_clock(source, picture)
        keyframe = _keyframe_before(source, picture, clock.ticks(span.start))
        streams: list[Stream] = [picture, *source.streams.audio[:1]]
        copies = {s.index: output.add_stream_from_template(s, opaque=True) for s in streams}
        base = float(picture.time_base or 1)
        begin, end = keyframe * base, clock.origin + span.end
        shown = begin
        packets = _stretch(source, streams, picture, keyframe, end)
        for packet in _with_dts(packets, picture.index):
            if packet.stream_index == picture.index:
                shown = max(shown, ((packet.pts or 0) + (packet.duration or 0)) * base)
            _mux_shifted(output, packet, copies[packet.stream_index], begin)
    return Span(begin - clock.origin, shown - clock.origin)


def _keyframe_before(source: InputContainer, picture: VideoStream, ticks: int) -> int:
    """Return the PTS of the last keyframe at or before `ticks`, or of the first."""
    for pts, _ in places_before(source, picture, ticks, lambda: None):
        return pts
    source.seek(picture.start_time or 0, stream=picture)
    return next(p.pts or 0 for p in source.demux(picture) if p.is_keyframe)


def _stretch(
    source: InputContainer, streams: list[Stream], picture: VideoStream, keyframe: int, end: float
) -> Iterator["Packet[Stream]"]:
    """Yield the packets shown from `keyframe` (PTS) on and needed before `end` (stream seconds)."""
    base = float(picture.time_base or 1)
    begin = keyframe * base
    # From well before: MPEG-TS seeks land behind the keyframe, and sound may be stored earlier.
    source.seek(keyframe - round(INTERLEAVE_SECONDS / base), stream=picture)
    started = False
    for packet in source.demux(streams):
        if packet.pts is None:
            continue
        decoded = (packet.pts if packet.dts is None else packet.dts) * float(packet.time_base)
        if decoded >= end + INTERLEAVE_SECONDS:
            return
        is_picture = packet.stream_index == picture.index
        started = started or (is_picture and packet.pts == keyframe)
        # Pictures before the keyframe cannot be decoded from it; sound has no such ties.
        wanted = packet.pts * float(packet.time_base) >= begin and decoded < end
        if wanted and (started or not is_picture):
            yield packet


def _with_dts(packets: Iterator["Packet[Stream]"], picture: int) -> Iterator["Packet[Stream]"]:
    """Fill in the decoding times that Matroska does not store for the first pictures."""
    waiting: list[Packet[Stream]] = []
    for packet in packets:
        if packet.stream_index != picture:
            yield packet
            continue
        waiting.append(packet)
        if packet.dts is not None:
            yield from _numbered(waiting, packet.dts)
            waiting = []
    yield from _numbered(waiting, min((p.pts or 0 for p in waiting), default=0))


def _numbered(packets: list["Packet[Stream]"], last: int) -> Iterator["Packet[Stream]"]:
    for back, packet in zip(range(len(packets) - 1, -1, -1), packets, strict=True):
        packet.dts = last - back
        yield packet


def _mux_shifted(
    output: OutputContainer, packet: "Packet[Stream]", copy: Stream, begin: float
) -> None:
    ticks = round(begin / packet.time_base)
    packet.stream = copy
    packet.pts, packet.dts = (packet.pts or 0) - ticks, (packet.dts or 0) - ticks
    output.mux(packet)
