"""The pure parts of reading video: sizes, turns, clocks, outer structure."""

import struct
from fractions import Fraction
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grounder.video import Size
from grounder.video.clock import Clock
from grounder.video.frames import Frames
from grounder.video.structure import read_structure
from grounder.video.turn import Turn, turn_of_matrix

sizes = st.builds(Size, st.integers(2, 8000), st.integers(2, 8000))


@given(sizes, st.integers(2, 2000))
def test_shrinking_meets_its_bound_and_never_enlarges(size: Size, bound: int) -> None:
    short, long = size.with_short_side(bound), size.with_long_side(bound)
    assert min(short) == min(bound, min(size))
    assert max(long) == min(bound, max(size))
    for shrunk in (short, long):
        assert shrunk == size or max(shrunk) <= max(size) + 1


@given(sizes, st.integers(16, 4_000_000))
def test_within_pixels_keeps_the_budget_and_the_shape(size: Size, budget: int) -> None:
    shrunk = size.within_pixels(budget)
    if size.pixels <= budget:
        assert shrunk == size
    elif min(shrunk) > 2:
        assert shrunk.pixels <= budget
        assert all(side % 2 == 0 for side in shrunk)


def test_a_side_of_no_pixels_is_refused() -> None:
    with pytest.raises(ValueError, match="is no size"):
        Size(4, 4).with_long_side(0)


def test_every_turn_moves_a_marked_corner_as_the_matrix_says() -> None:
    one = 1 << 16
    corner = np.zeros((4, 6, 3), np.uint8)
    corner[0, 5] = 255  # top right
    for sign_x, sign_y, transposed in product((1, -1), (1, -1), (False, True)):
        a, b, c, d = (0, sign_y, sign_x, 0) if transposed else (sign_x, 0, 0, sign_y)
        matrix = struct.pack("=9i", a * one, b * one, 0, c * one, d * one, 0, 0, 0, 1 << 30)
        turned = turn_of_matrix(matrix).apply(corner)
        # Centred coordinates of the corner, x right and y down: (+, -).
        x, y = (sign_x * -1, sign_y * 1) if transposed else (sign_x * 1, sign_y * -1)
        height, width = (6, 4) if transposed else (4, 6)
        assert turned.shape == (height, width, 3)
        assert turned[0 if y < 0 else height - 1, 0 if x < 0 else width - 1, 0] == 255


def test_a_turn_swaps_the_size_only_when_it_transposes() -> None:
    assert Turn(transposed=True).size(Size(4, 6)) == Size(6, 4)
    assert Turn(flipped_x=True).size(Size(4, 6)) == Size(4, 6)


@given(
    st.integers(0, 10**9),
    st.sampled_from([Fraction(1, 90000), Fraction(1001, 30000), Fraction(1, 1000)]),
)
def test_ticks_and_seconds_are_inverse(pts: int, tick: Fraction) -> None:
    clock = Clock.of(tick, Fraction(7, 5))
    assert clock.ticks(clock.seconds(pts)) == pts
    assert clock.seconds(pts) == float(pts * tick - Fraction(7, 5))


def test_frames_refuse_pictures_without_their_times() -> None:
    images = np.zeros((2, 4, 4, 3), np.uint8)
    with pytest.raises(ValueError, match="as many times"):
        Frames(images, np.zeros(1))
    with pytest.raises(ValueError, match="never decrease"):
        Frames(images, np.array([1.0, 0.5]))
    with pytest.raises(ValueError, match="uint8"):
        Frames(images.astype(np.float32), np.zeros(2))


@given(st.binary(max_size=200))
def test_structure_of_rubbish_is_unknown_and_never_an_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "rubbish"
    for head in (b"", b"\0\0\0\x20ftyp", b"\x1a\x45\xdf\xa3", b"RIFF\xff\xff\xff\xff"):
        path.write_bytes(head + data)
        declared = read_structure(path).declared_bytes
        assert declared is None or declared >= 0


def test_structure_adds_up_the_boxes(tmp_path: Path) -> None:
    boxes = [struct.pack(">I4s", 16, kind) + bytes(8) for kind in (b"ftyp", b"moov")]
    large = struct.pack(">I4sQ", 1, b"mdat", 1000)
    (tmp_path / "a").write_bytes(b"".join(boxes) + large)
    assert read_structure(tmp_path / "a").declared_bytes == 1032
    (tmp_path / "b").write_bytes(boxes[0] + large)
    assert not read_structure(tmp_path / "b").has_index
