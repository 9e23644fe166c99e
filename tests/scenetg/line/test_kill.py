"""Whatever dies, fills up or comes twice: the dataset ends up as the one of an uninterrupted run."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scenetg.engine import LocalEngine
from tests.conftest import ROOT
from tests.scenetg.line.films import build_films, film, written

SECONDS = 130.0
"""Of the first film: three pieces, so that a kill can fall between them."""


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("videos")
    film(folder / "long.mp4", 1, seconds=SECONDS / 20, scenes=20)
    film(folder / "short.mp4", 2)
    (folder / "broken.mp4").write_text("no video")
    return folder


@pytest.fixture(scope="module")
def clean(videos: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    out = tmp_path_factory.mktemp("clean")
    build_films([videos], out)
    return written(out)


def start(videos: Path, out: Path, *options: object) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.scenetg.line.building", str(videos), str(out)]
    return subprocess.Popen(
        [*command, *map(str, options)], stderr=subprocess.PIPE, text=True, cwd=ROOT
    )


def run(videos: Path, out: Path, *options: object) -> tuple[int, str]:
    process = start(videos, out, *options)
    _, errors = process.communicate(timeout=300)
    return process.returncode, errors


@pytest.mark.slow
def test_killed_again_and_again_it_ends_with_the_same_bytes(
    videos: Path, clean: dict[str, bytes], tmp_path: Path
) -> None:
    dice = random.Random(4)
    kills = 0
    while True:
        # In the middle of a transaction or right after one; further on each time, so that it ends.
        code, errors = run(
            videos, tmp_path, "--die", dice.choice([-1, 1]) * dice.randint(2, 6 + kills)
        )
        if code == 0:
            break
        assert code == -signal.SIGKILL, errors
        kills += 1
    assert kills >= 3
    assert written(tmp_path) == clean


def test_killed_at_any_moment_its_workers_end_and_the_next_run_goes_on(
    videos: Path, clean: dict[str, bytes], tmp_path: Path
) -> None:
    process = start(videos, tmp_path, "--workers", 2, "--pause", 0.5)
    deadline = time.monotonic() + 120
    while not (workers := children(process.pid)) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(random.Random().uniform(0, 2))
    process.kill()
    process.communicate()
    assert workers
    while any(alive(worker) for worker in workers) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(alive(worker) for worker in workers)
    build_films([videos], tmp_path)
    assert written(tmp_path) == clean


def test_the_number_of_workers_changes_nothing(
    videos: Path, clean: dict[str, bytes], tmp_path: Path
) -> None:
    code, errors = run(videos, tmp_path, "--workers", 2)
    assert code == 0, errors
    assert written(tmp_path) == clean


def test_a_full_disk_is_told_and_the_next_run_goes_on(
    videos: Path, clean: dict[str, bytes], tmp_path: Path
) -> None:
    code, errors = run(videos, tmp_path, "--limit", 60_000)
    assert code == 1
    assert "BuildError" in errors
    assert "Nothing is lost" in errors
    build_films([videos], tmp_path)
    assert written(tmp_path) == clean


def children(process: int) -> list[int]:
    """The running processes whose parent is `process`, its resource tracker among them."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        if int(fields[1]) == process:
            found.append(int(status.parent.name))
    return found


def alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_workers_must_be_one_at_least() -> None:
    with pytest.raises(ValueError, match="1 or more"):
        LocalEngine(0)
