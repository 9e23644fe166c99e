import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

SERVER = Path(__file__).with_name("server.py")


@dataclass
class Server:
    """A server process and what it was asked."""

    url: str
    log: Path

    @property
    def requests(self) -> list[dict[str, Any]]:
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [json.loads(line) for line in lines]

    @property
    def words(self) -> list[str]:
        return [request["words"] for request in self.requests]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start a server that plays the given behaviours; see server.py."""
    processes = []

    def start(*plan: str) -> Server:
        log = tmp_path / f"server-{len(processes)}.jsonl"
        command = [sys.executable, "-S", str(SERVER), json.dumps(plan), str(log)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        processes.append(process)
        assert process.stdout is not None
        return Server(f"http://127.0.0.1:{process.stdout.readline().strip()}/v1", log)

    yield start
    for process in processes:
        process.kill()
        process.communicate()
