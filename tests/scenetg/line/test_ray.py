"""RayEngine on a real cluster of this machine: what `LocalEngine` makes, whatever dies on the way."""

import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from grounder.errors import EngineError, ModelError
from scenetg.engine import Beside, Died, Done, Engine, Failed, Made
from scenetg.store.database import FILE
from tests.conftest import ROOT
from tests.scenetg.line.films import build_films, film, written
from tests.scenetg.line.test_engine import Counting, Vanishing

pytestmark = [
    pytest.mark.ray,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # Ray warns of its own settings
]
pytest.importorskip("ray", reason="needs the extra ray")


def test_every_job_ends_and_one_that_kills_its_process_takes_no_other_with_it(
    engine: Engine,
) -> None:
    reports = list(engine.run(Counting(), [2, 8, 3, 9, 0]))
    pieces = {
        job: [report.piece for report in reports if isinstance(report, Made) and report.job == job]
        for job in range(5)
    }
    assert pieces == {0: [0, 1], 1: list(range(7)), 2: [0, 1, 2], 3: [0], 4: []}
    ends = {report.job: report for report in reports if not isinstance(report, Made)}
    assert [ends[job] for job in (0, 2, 4)] == [Done(0), Done(2), Done(4)]
    assert ends[1] == Failed(1, "Seven is no video.")
    died = ends[3]
    assert isinstance(died, Died)
    assert "exit code 1" in died.message


def test_what_cannot_be_prepared_ends_the_run_with_its_own_error(engine: Engine) -> None:
    with pytest.raises(ModelError, match="not there"):
        list(engine.run(Counting(loads=False), [1, 2]))


def test_a_file_that_a_node_does_not_see_ends_the_run(engine: Engine) -> None:
    with pytest.raises(EngineError, match=r"Cannot read x\.mp4.* every node must see the videos"):
        list(engine.run(Vanishing(), [1]))


def test_it_writes_the_bytes_that_one_process_writes(engine: Engine, tmp_path: Path) -> None:
    videos = tmp_path / "videos"
    for seed in (1, 2):
        film(videos / f"{seed}.mp4", seed)
    (videos / "broken.mp4").write_text("no video")
    build_films([videos], tmp_path / "ray", engine=engine)
    build_films([videos], tmp_path / "one")
    assert written(tmp_path / "ray") == written(tmp_path / "one")


def test_killed_on_a_cluster_that_stays_the_next_run_goes_on(
    engine: Engine, tmp_path: Path
) -> None:
    import ray

    videos = tmp_path / "videos"
    film(videos / "long.mp4", 1, seconds=10.0, scenes=20)
    command = [sys.executable, "-m", "tests.scenetg.line.building", videos, tmp_path / "ray"]
    address = ray.get_runtime_context().gcs_address
    process = subprocess.Popen([*map(str, command), "--ray", address, "--pause", "1"], cwd=ROOT)
    store = tmp_path / "ray" / FILE
    deadline = time.monotonic() + 240
    while chunks(store) == 0 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.1)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert chunks(store) > 0
    build_films([videos], tmp_path / "ray", engine=engine)
    build_films([videos], tmp_path / "one")
    assert written(tmp_path / "ray") == written(tmp_path / "one")


def chunks(store: Path) -> int:
    """How many pieces are stored; 0 before there is a store."""
    if not store.is_file():
        return 0
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
        try:
            return int(connection.execute("SELECT count(*) FROM chunks").fetchone()[0])
        except sqlite3.OperationalError:  # no table yet
            return 0


@pytest.mark.usefixtures("engine")
def test_gpus_that_are_not_there_are_told() -> None:
    from scenetg.engine.ray import check_gpus

    check_gpus(0.0)
    with pytest.raises(EngineError, match=r"--gpus 0\.5: this Ray cluster has no GPU"):
        check_gpus(0.5)
    with pytest.raises(EngineError, match=r"2 x --vlm-gpus 1: .* has no GPU"):
        check_gpus(0.0, Beside(2, 1.0))
