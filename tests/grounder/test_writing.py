"""Whole files or none."""

from pathlib import Path

import pytest

from grounder.writing import replacing


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    target = tmp_path / "clip.mp4"
    target.write_text("old")
    with replacing(target) as part:
        part.write_text("new")
        assert target.read_text() == "old"
        assert part.suffix == ".mp4"
    assert target.read_text() == "new"
    assert list(tmp_path.iterdir()) == [target]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "clip.mp4"
    target.write_text("old")
    with pytest.raises(RuntimeError, match="half"):
        _write_half(target)
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_two_writers_do_not_share_a_part(tmp_path: Path) -> None:
    target = tmp_path / "rows.jsonl"
    with replacing(target) as first, replacing(target) as second:
        first.write_text("first")
        second.write_text("second")
    assert target.read_text() == "first"


def _write_half(target: Path) -> None:
    with replacing(target) as part:
        part.write_text("half")
        raise RuntimeError("half")
