"""Synthetic films that cost a decoder what real ones do: textures, motion in every part, grain, cuts."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

RATE = 25
UNIQUE_SECONDS = 40
SHOT_SECONDS = 4


def film(path: Path, *, size: tuple[int, int], seconds: int) -> Path:
    """Write `seconds` of H.264 (medium, CRF 23, GOP 250, B-frames); made once, then kept.

    The first 40 s are encoded, then their packets are repeated: decoding costs the same, making
    an hour takes seconds.
    """
    if path.exists():
        return path
    seed = path.with_name(f"seed-{size[0]}x{size[1]}.mp4")
    if not seed.exists():
        _encode(seed, size)
    _repeat(seed, path, seconds)
    return path


def _encode(path: Path, size: tuple[int, int]) -> None:
    with av.open(str(path), "w") as output:
        options = {"preset": "medium", "crf": "23", "g": "250", "threads": "2"}
        stream = output.add_stream("libx264", rate=RATE, options=options)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for number in range(UNIQUE_SECONDS * RATE):
            frame = av.VideoFrame.from_ndarray(_picture(number, size), format="gray")
            frame = frame.reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))


def _picture(number: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Pan over a texture, with objects that move their own way, and film grain."""
    width, height = size
    shot, step = divmod(number, SHOT_SECONDS * RATE)
    texture = _texture(shot, height)
    dx, dy = 3 * step % height, step % height
    picture = np.roll(texture, (-dy, -dx), (0, 1))[:height, :width].copy()
    side = height // 5
    for thing in range(5):
        random = np.random.default_rng((shot, thing))
        x, y, vx, vy = random.integers(0, height, 4)
        left = int(x + step * (vx % 9 - 4)) % (width - side)
        top = int(y + step * (vy % 7 - 3)) % (height - side)
        picture[top : top + side, left : left + side] = texture[-side:, -side:] // 2 + 40 * thing
    grain = np.random.default_rng(number).integers(-6, 7, picture.shape)
    return np.clip(picture + grain, 0, 255).astype(np.uint8)


_textures: dict[tuple[int, int], NDArray[np.int16]] = {}


def _texture(shot: int, height: int) -> NDArray[np.int16]:
    """A 1/f texture of 2.5 heights square, the same for the same shot."""
    key = (shot, height)
    if key not in _textures:
        _textures.clear()
        side = height * 5 // 2
        spectrum = np.fft.rfft2(np.random.default_rng(shot).standard_normal((side, side)))
        rows, columns = np.meshgrid(np.fft.fftfreq(side), np.fft.rfftfreq(side), indexing="ij")
        waves = np.fft.irfft2(spectrum / np.maximum(np.hypot(rows, columns), 1 / side) ** 1.3)
        _textures[key] = np.clip(128 + 45 * waves / waves.std(), 0, 255).astype(np.int16)
    return _textures[key]


def _repeat(seed: Path, path: Path, seconds: int) -> None:
    with av.open(str(seed)) as source:
        stream = source.streams.video[0]
        packets = [packet for packet in source.demux(stream) if packet.size]
        length = int(UNIQUE_SECONDS / stream.time_base)
        temporary = path.with_suffix(".part.mp4")
        with av.open(str(temporary), "w") as output:
            copy = output.add_stream_from_template(stream)
            origins = [(packet.pts, packet.dts) for packet in packets]
            for number in range(-(-seconds * RATE // 1)):
                turn, position = divmod(number, len(packets))
                packet = packets[position]
                pts, dts = origins[position]
                packet.stream, packet.pts, packet.dts = (
                    copy,
                    pts + turn * length,
                    dts + turn * length,
                )
                output.mux(packet)
        temporary.rename(path)
