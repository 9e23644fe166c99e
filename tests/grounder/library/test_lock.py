"""Locks between processes."""

import signal
import subprocess
import sys
from pathlib import Path

from grounder.library.lock import exclusive

HOLD = """
import sys, time
from pathlib import Path
from grounder.library.lock import exclusive
with exclusive(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_lock_dies_with_its_holder_and_the_waiter_is_told(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "video.lock"
    with subprocess.Popen([sys.executable, "-c", HOLD, path], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        told: list[bool] = []

        def waiting() -> None:
            told.append(True)
            holder.send_signal(signal.SIGKILL)

        with exclusive(path, waiting=waiting):
            assert told == [True]


def test_a_free_lock_is_taken_without_waiting(tmp_path: Path) -> None:
    told: list[bool] = []
    for _ in range(2):
        with exclusive(tmp_path / "lock", waiting=lambda: told.append(True)):
            pass
    assert told == []
