"""Videos synthesised by the tests, with known cuts or with the time burnt into the pixels."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.stream import Stream
from av.subtitles.stream import SubtitleStream
from av.video.stream import VideoStream
from numpy.typing import NDArray
from PIL import ImageColor

from grounder.span import Span

Subtitle = tuple[Span, str]
Picture = NDArray[np.uint8]


def colour_video(
    path: Path,
    scenes: Sequence[tuple[str, float]],
    *,
    size: tuple[int, int] = (320, 180),
    rate: int = 25,
    keyframe_every: int = 25,
    subtitles: Sequence[Subtitle] = (),
) -> Path:
    """Write an H.264 video of plain colours, cut hard from one to the next, and return its path.

    Args:
        path: Where to write; `.mp4` or `.mkv`.
        scenes: (CSS colour name, seconds) in order; the cuts fall on the sums of the seconds.
        size: (width, height) in pixels.
        rate: Frames per second.
        keyframe_every: Group-of-pictures length in frames.
        subtitles: Text lines to embed as a subtitle stream.
    """
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=rate, options=_x264(keyframe_every))
        stream.width, stream.height, stream.pix_fmt = size[0], size[1], "yuv420p"
        text = _add_subtitles(output, path) if subtitles else None
        for number, picture in enumerate(_colour_frames(scenes, size, rate)):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
        if text is not None:
            for span, line in subtitles:
                output.mux(_subtitle_packet(text, span, line))
    return path


@dataclass(frozen=True)
class Clip:
    """How to make a video whose every picture shows its own time; see `timed_video`."""

    ticks: Sequence[int]
    """PTS of each picture, rising."""
    time_base: Fraction = Fraction(1, 25)
    """Seconds in a tick."""
    origin: int = 0
    """The tick that is time 0 when the file is read right: the first PTS presented."""
    suffix: str = ".mp4"
    codec: str = "libx264"
    options: Mapping[str, str] = field(default_factory=dict)
    """Encoder options."""
    muxer: Mapping[str, str] = field(default_factory=dict)
    """Container options."""
    pixels: str = "yuv420p"
    size: tuple[int, int] = (160, 120)
    """As stored: (width, height)."""
    aspect: Fraction | None = None
    """Sample aspect ratio."""
    rotation: int = 0
    """Degrees, as a camera would write it; the pictures are stored turned so that they show upright."""
    audio: bool = False
    """Add a silent AAC track, whose priming starts before 0."""

    @property
    def times(self) -> list[float]:
        """Return the time of every presented picture, in seconds of the whole video."""
        return [float((t - self.origin) * self.time_base) for t in self.ticks if t >= self.origin]


def timed_video(path: Path, clip: Clip) -> Path:
    """Write `clip`, each picture carrying its time as a barcode (`read_barcode`)."""
    with av.open(str(path), "w", options=dict(clip.muxer)) as output:
        stream = output.add_stream(
            clip.codec, rate=round(1 / clip.time_base), options=dict(clip.options)
        )
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = clip.size
        stream.pix_fmt = clip.pixels
        stream.time_base = stream.codec_context.time_base = clip.time_base
        if clip.aspect:
            stream.codec_context.sample_aspect_ratio = clip.aspect
        if clip.rotation:
            stream.set_display_rotation(clip.rotation)
        sound = output.add_stream("aac", rate=48000, layout="mono") if clip.audio else None
        for tick in clip.ticks:
            output.mux(stream.encode(_timed_frame(clip, tick)))
        output.mux(stream.encode(None))
        if sound is not None:
            assert isinstance(sound, AudioStream)
            _mux_silence(output, sound, clip.times[-1])
    return path


def _timed_frame(clip: Clip, tick: int) -> av.VideoFrame:
    milliseconds = round(float((tick - clip.origin) * clip.time_base) * 1000)
    stored = clip.size if clip.rotation % 180 == 0 else clip.size[::-1]
    picture = draw_barcode(milliseconds if milliseconds >= 0 else NEVER, stored)
    # A display rotation of +90 turns counter-clockwise, so the stored picture lies clockwise.
    picture = np.ascontiguousarray(np.rot90(picture, -clip.rotation // 90))
    frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format=clip.pixels)
    frame.pts, frame.time_base = tick, clip.time_base
    return frame


def _mux_silence(output: OutputContainer, stream: AudioStream, seconds: float) -> None:
    for start in range(0, round(seconds * 48000), 1024):
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate, frame.pts, frame.time_base = 48000, start, Fraction(1, 48000)
        output.mux(stream.encode(frame))
    output.mux(stream.encode(None))


# Barcode: 8 x 4 cells, black or white: 24 bits of milliseconds, then 8 bits that check them,
# so that a picture turned, mirrored, torn or blended with its neighbour is told from a whole one.
COLUMNS, ROWS = 8, 4
NEVER = (1 << 24) - 1


def draw_barcode(milliseconds: int, size: tuple[int, int]) -> Picture:
    """Draw a (height, width, 3) picture that says `milliseconds`."""
    width, height = size
    value = milliseconds << 8 | _check(milliseconds)
    cells = np.array([value >> bit & 1 for bit in range(31, -1, -1)], np.uint8)
    row = np.arange(height) * ROWS // height
    column = np.arange(width) * COLUMNS // width
    grey = cells.reshape(ROWS, COLUMNS)[row[:, None], column[None, :]] * 255
    return np.repeat(grey[:, :, None], 3, axis=2).astype(np.uint8)


def read_barcode(image: Picture) -> float:
    """Return the seconds burnt into a picture of any size.

    Raises:
        ValueError: no whole, upright barcode is in it.
    """
    height, width = image.shape[:2]
    value = 0
    for row in range(ROWS):
        for column in range(COLUMNS):
            y, x = (2 * row + 1) * height // (2 * ROWS), (2 * column + 1) * width // (2 * COLUMNS)
            value = value << 1 | int(image[y - 1 : y + 2, x - 1 : x + 2].mean() > 127)
    milliseconds, check = value >> 8, value & 0xFF
    if check != _check(milliseconds):
        raise ValueError(f"No whole barcode: {value:#010x}.")
    return milliseconds / 1000


def _check(milliseconds: int) -> int:
    return (sum(milliseconds.to_bytes(3, "big")) * 167 + 0x5A) & 0xFF


def cut_file(path: Path, destination: Path, *, keep: float) -> Path:
    """Write the first part of a file, `keep` of its bytes, as a broken download leaves it."""
    whole = path.read_bytes()
    destination.write_bytes(whole[: round(len(whole) * keep)])
    return destination


def corrupt_file(path: Path, destination: Path, *, seed: int = 0, places: int = 40) -> Path:
    """Write a copy with random bytes changed in its middle half."""
    damaged = bytearray(path.read_bytes())
    random = np.random.default_rng(seed)
    for place in random.integers(len(damaged) // 4, len(damaged) * 3 // 4, places):
        damaged[place] ^= int(random.integers(1, 256))
    destination.write_bytes(damaged)
    return destination


def audio_file(path: Path, seconds: float = 1.0) -> Path:
    """Write a file with sound and no pictures."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream("aac", rate=48000, layout="mono")
        assert isinstance(stream, AudioStream)
        _mux_silence(output, stream, seconds)
    return path


def _x264(keyframe_every: int) -> dict[str, str]:
    return {"preset": "ultrafast", "g": str(keyframe_every), "crf": "18"}


def _colour_frames(
    scenes: Iterable[tuple[str, float]], size: tuple[int, int], rate: int
) -> Iterator[Picture]:
    for colour, seconds in scenes:
        picture = np.empty((size[1], size[0], 3), np.uint8)
        picture[:] = ImageColor.getrgb(colour)[:3]
        for _ in range(round(seconds * rate)):
            yield picture


# FFmpeg's subtitle encoders refuse to open without a style header, although mov_text drops it.
_ASS_HEADER = b"""[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,16,&Hffffff,&Hffffff,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


def _add_subtitles(output: OutputContainer, path: Path) -> SubtitleStream:
    stream = output.add_stream("mov_text" if path.suffix == ".mp4" else "subrip")
    assert isinstance(stream, SubtitleStream)
    stream.codec_context.subtitle_header = _ASS_HEADER
    stream.time_base = Fraction(1, 1000)
    return stream


def _subtitle_packet(stream: SubtitleStream, span: Span, line: str) -> "av.Packet[Stream]":
    text = line.encode()
    framed = len(text).to_bytes(2, "big") + text if stream.name == "mov_text" else text
    packet = av.Packet(framed)
    packet.stream, packet.time_base = stream, Fraction(1, 1000)
    packet.pts = packet.dts = round(span.start * 1000)
    packet.duration = round(span.duration * 1000)
    return packet
