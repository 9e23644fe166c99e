"""Flat embedding files: what is read is what was written, or an error says why not."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grounder.errors import IndexCorrupt
from grounder.library.arrays import Arrays


def vectors_of(count: int, *, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, 8)).astype(np.float32)


def test_read_returns_what_was_appended(tmp_path: Path) -> None:
    arrays = Arrays(tmp_path / "track", 8)
    arrays.append(0, vectors_of(3), [0.0, 1.0, 2.0])
    arrays.append(3, vectors_of(2, seed=1), [3.0, 4.5])
    vectors, times = arrays.read(5)
    expected = np.concatenate([vectors_of(3), vectors_of(2, seed=1)]).astype(np.float16)
    assert np.array_equal(vectors, expected)
    assert times.tolist() == [0.0, 1.0, 2.0, 3.0, 4.5]


def test_rows_left_by_a_killed_process_are_overwritten(tmp_path: Path) -> None:
    arrays = Arrays(tmp_path, 8)
    arrays.append(0, vectors_of(2), [0.0, 1.0])
    arrays.append(2, vectors_of(9, seed=5), list(range(9)))  # never counted by SQLite
    arrays.append(2, vectors_of(1, seed=1), [2.0])
    assert arrays.vectors_path.stat().st_size == 3 * 8 * 2
    assert arrays.read(3)[1].tolist() == [0.0, 1.0, 2.0]


def test_no_rows_need_no_files(tmp_path: Path) -> None:
    vectors, times = Arrays(tmp_path / "nothing", 8).read(0)
    assert vectors.shape == (0, 8)
    assert times.shape == (0,)


@pytest.mark.parametrize("name", ["vectors.f16", "times.f64"])
def test_a_file_that_was_cut_short_is_corrupt(tmp_path: Path, name: str) -> None:
    arrays = Arrays(tmp_path, 8)
    arrays.append(0, vectors_of(4), [0.0, 1.0, 2.0, 3.0])
    file = tmp_path / name
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(IndexCorrupt, match=r"whenwhat rm"):
        arrays.read(4)
    with pytest.raises(IndexCorrupt, match=r"SQLite says"):
        arrays.append(4, vectors_of(1), [4.0])


@given(position=st.integers(0, 4 * 8 * 2 + 4 * 8 - 1), bit=st.integers(0, 7))
def test_one_flipped_bit_anywhere_is_found(
    tmp_path_factory: pytest.TempPathFactory, position: int, bit: int
) -> None:
    arrays = Arrays(tmp_path_factory.mktemp("arrays"), 8)
    first = arrays.append(0, vectors_of(1), [0.0])
    second = arrays.append(1, vectors_of(3, seed=1), [1.0, 2.0, 3.0])
    arrays.check([1, 4], [first, second])
    file = arrays.vectors_path if position < 64 else arrays.times_path
    data = bytearray(file.read_bytes())
    data[position % 64] ^= 1 << bit
    file.write_bytes(data)
    with pytest.raises(IndexCorrupt, match=r"not what was written"):
        arrays.check([1, 4], [first, second])
