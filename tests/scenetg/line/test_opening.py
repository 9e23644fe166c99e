"""Which engine a name and its options open, and how soon it is told when none can be."""

import socket
import sys

import pytest

from grounder.errors import EngineError, MissingDependency, SpecError
from scenetg.engine import LocalEngine, open_engine
from scenetg.engine.address import check_reachable


def test_local_is_processes_here() -> None:
    with open_engine("local", 3) as engine:
        assert isinstance(engine, LocalEngine)
        assert engine.workers == 3


@pytest.mark.parametrize(
    ("name", "address", "told"),
    [("slurm", None, "Choose from: local, ray"), ("local", "10.0.0.1:6379", "for --engine ray")],
)
def test_a_name_or_an_option_that_means_nothing_is_refused(
    name: str, address: str | None, told: str
) -> None:
    with pytest.raises(SpecError, match=told), open_engine(name, 1, address=address):
        pass


def test_ray_that_is_not_installed_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingDependency, match=r"whenwhat\[ray\]"), open_engine("ray", 1):
        pass


@pytest.mark.parametrize("address", ["head", "http://head:1", "head:port", "head:123456", ":6379"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(SpecError, match="no address of a Ray cluster"):
        check_reachable(address)


@pytest.mark.parametrize("form", ["{}", "ray://{}"])
def test_an_address_where_nothing_listens_is_told_at_once(form: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = form.format(f"127.0.0.1:{unused.getsockname()[1]}")
        with pytest.raises(EngineError, match=r"Connection refused.*ray start --head"):
            check_reachable(address)


def test_an_address_where_something_listens_passes() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        check_reachable(f"127.0.0.1:{server.getsockname()[1]}")
    check_reachable("auto")
