"""The gate every file passes before its pictures are used: open safely, check, read the facts."""

import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
from av.container import InputContainer
from av.sidedata.sidedata import SideDataContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from grounder.errors import VideoError, VideoLimitError
from grounder.video.clock import Clock
from grounder.video.decoder import Size, VideoFacts
from grounder.video.extent import last_picture_end
from grounder.video.limits import Limits
from grounder.video.structure import read_structure
from grounder.video.turn import UPRIGHT, Turn, turn_of_matrix

# By what the bytes are, not by the file's extension. No playlist, script or image-sequence
# demuxer (hls, dash, concat, image2, ...) is here: those name other files or addresses.
CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpegts,mpeg,avi,flv,asf,ogg,mxf,h264,hevc,obu,ivf,"
    "mp3,wav,aac,flac,gif"
)
# Where a container states only its own length: less than this of it may be rounding.
MISSING_SECONDS = 1.0
TEXT_SUBTITLES = frozenset({"mov_text", "subrip", "srt", "ass", "ssa", "webvtt", "text"})


@dataclass(frozen=True, slots=True)
class Probe:
    """What every decoder needs to know about a file that passed the gate."""

    facts: VideoFacts
    clock: Clock
    turn: Turn
    stored: Size
    """Picture size in the file, before sample aspect and turn."""
    usable: float
    """Seconds up to which pictures are there: `facts.duration`, or less for a truncated file."""


def open_container(path: Path) -> InputContainer:
    """Open `path` with FFmpeg, allowed to touch this one local file and nothing else.

    Raises:
        VideoError: FFmpeg cannot read it as an allowed container.
    """
    # "file:" keeps names such as "concat:a.mp4" or "-i" from being anything but a name.
    address = f"file:{path.absolute()}"
    try:
        return _open(address, "file")
    except av.error.FFmpegError as error:
        reason = error
    whole = read_structure(path).whole_bytes
    if whole:
        # FFmpeg gives up on a fragmented MP4 that ends inside a fragment's index.
        with suppress(av.error.FFmpegError):
            return _open(f"subfile,,start,0,end,{whole},,:{address}", "subfile,file")
    raise VideoError(
        f"Cannot open {path} as a video ({reason.strerror}). Allowed are local MP4, MOV, Matroska, "
        "WebM, MPEG-TS, MPEG, AVI, FLV, ASF, MXF, Ogg and GIF files, whatever their names end in, "
        "and no playlists. Check the file with `ffprobe`."
    ) from reason


def _open(address: str, protocols: str) -> InputContainer:
    options = {"protocol_whitelist": protocols, "format_whitelist": CONTAINERS}
    return av.open(address, options=options, metadata_errors="replace")


def probe(path: Path, limits: Limits) -> Probe:
    """Check `path` against `limits` and read its facts.

    Raises:
        VideoError: no such file, not a video, no picture that can be decoded.
        VideoLimitError: over a limit.
    """
    _check_file(path, limits)
    structure = read_structure(path)
    if not structure.has_index:
        raise VideoError(
            f"{path} has no index (no moov box): the recording or download was cut short, and no "
            "picture can be found in it. Get a whole copy, or rebuild the index with `untrunc`."
        )
    truncated = (structure.declared_bytes or 0) > path.stat().st_size
    try:
        opened = open_container(path)
    except VideoError as error:
        if not truncated:
            raise
        raise VideoError(f"{path} is cut off inside its index. Get a whole copy.") from error
    with opened as container:
        if len(container.streams) > limits.streams:
            raise _over(path, f"{len(container.streams)} streams", f"{limits.streams}")
        stream = video_stream(container, path)
        _check_size(path, Size(stream.width, stream.height), limits)
        first = _first_frame(container, stream, path)
        _check_size(path, Size(first.width, first.height), limits)
        result = _read(container, stream, first, truncated=truncated)
    if result.facts.duration > limits.duration:
        raise _over(path, f"{result.facts.duration:.0f} s", f"{limits.duration:.0f} s")
    return result


def video_stream(container: InputContainer, path: Path) -> VideoStream:
    """Return the picture stream to use: the first that is not cover art.

    Raises:
        VideoError: there is none.
    """
    for stream in container.streams.video:
        if not stream.disposition & av.stream.Disposition.attached_pic:
            return stream
    raise VideoError(
        f"{path} has no video stream ({len(container.streams.audio)} audio). Name a file with pictures."
    )


def stream_clock(container: InputContainer, stream: VideoStream) -> Clock:
    """Return how the PTS of `stream` count in seconds of the whole video."""
    tick = stream.time_base or Fraction(1)
    start = Fraction(container.start_time or 0, av.time_base)
    if stream.start_time is not None:
        exact = stream.start_time * tick
        # The container's start is rounded to microseconds; the stream's own is not.
        if abs(exact - start) <= Fraction(1, av.time_base):
            start = exact
    return Clock.of(tick, start)


def _check_file(path: Path, limits: Limits) -> None:
    try:
        status = path.stat()
    except OSError as error:
        raise VideoError(f"Cannot open {path}: {error.strerror}. Name a video file.") from error
    if not stat.S_ISREG(status.st_mode):
        raise VideoError(f"{path} is no regular file. Name a video file, not a folder or a device.")
    if status.st_size == 0:
        raise VideoError(f"{path} is empty (0 bytes). Copy or download it again.")
    if status.st_size > limits.bytes:
        raise _over(path, f"{status.st_size} bytes", f"{limits.bytes} bytes")
    if not os.access(path, os.R_OK):
        raise VideoError(f"Cannot read {path}: permission denied. Make it readable.")


def _check_size(path: Path, size: Size, limits: Limits) -> None:
    if size.pixels > limits.pixels:
        raise _over(path, f"{size.width}x{size.height} pixels", f"{limits.pixels} pixels")


def _over(path: Path, value: str, limit: str) -> VideoLimitError:
    return VideoLimitError(f"{path} has {value}; the limit is {limit}. Raise it in `Limits`.")


def _first_frame(container: InputContainer, stream: VideoStream, path: Path) -> VideoFrame:
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            continue
        if frames:
            return frames[0]
    raise VideoError(
        f"No picture of {path} can be decoded ({stream.codec_context.codec.canonical_name}). "
        "The file is damaged: copy or download it again."
    )


def _read(
    container: InputContainer, stream: VideoStream, first: VideoFrame, *, truncated: bool
) -> Probe:
    clock = stream_clock(container, stream)
    turn, stored = _turn(first), Size(first.width, first.height)
    subtitles = container.streams.subtitles
    duration, usable = _durations(container, stream, clock, truncated=truncated)
    truncated = truncated or usable < duration
    facts = VideoFacts(
        duration=duration,
        size=turn.size(_square_pixels(stored, stream.sample_aspect_ratio)),
        frame_rate=float(stream.average_rate or stream.guessed_rate or 0),
        codec=stream.codec_context.codec.canonical_name,
        container=container.format.name,
        has_audio=bool(container.streams.audio),
        subtitle_streams=tuple(
            s.index for s in subtitles if s.codec_context.name in TEXT_SUBTITLES
        ),
        truncated=truncated,
    )
    return Probe(facts, clock, turn, stored, usable)


def _square_pixels(stored: Size, aspect: Fraction | None) -> Size:
    if not aspect or aspect <= 0:
        return stored
    return Size(max(1, round(stored.width * aspect)), stored.height)


def _turn(frame: VideoFrame) -> Turn:
    # The stub calls this a TypedDict; it is a mapping of SideData by position and by kind.
    sides = cast(SideDataContainer, frame.side_data)
    matrix = sides.get("DISPLAYMATRIX")
    return UPRIGHT if matrix is None else turn_of_matrix(bytes(matrix))


def _durations(
    container: InputContainer, stream: VideoStream, clock: Clock, *, truncated: bool
) -> tuple[float, float]:
    """Return (declared, usable) seconds."""
    stated = stream.duration is not None
    declared = (container.duration or 0) / av.time_base
    if container.format.name == "matroska,webm":
        declared -= (container.start_time or 0) / av.time_base  # it counts from 0, not from there
    if stream.duration is not None:
        declared = clock.seconds((stream.start_time or 0) + stream.duration)
    end = last_picture_end(container, stream, clock.ticks(declared), truncated=truncated)
    measured = declared if end is None else clock.seconds(end)
    if truncated:
        return max(declared, measured), measured
    if stated:
        return max(declared, measured), max(declared, measured)
    # Without sound nothing but pictures can last as long as is declared.
    missing = not container.streams.audio and measured < declared - MISSING_SECONDS
    return (declared if missing else measured), measured
