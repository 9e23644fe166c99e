"""What happens around the model hub, with a hub that is not there and one on the loopback."""

import http.server
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from grounder.encoders import choose_encoder, load_encoder
from grounder.encoders.hub import HubFile, cached, fetch, hub_file, reachable
from grounder.encoders.load import DEFAULT_CLIP, DEFAULT_WEIGHTS
from grounder.errors import ModelError

HANDS_OUT = "laion"
"""The loopback hub has this owner's files and no others."""


class Hub(http.server.BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        self.send_response(200 if self.path.startswith(f"/{HANDS_OUT}/") else 404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing on stderr."""


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    return tmp_path


def ask_hub_at(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", place)
    monkeypatch.setattr(
        "huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE",
        place + "/{repo_id}/resolve/{revision}/{filename}",
    )


@pytest.fixture
def silent_hub(empty_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A hub that takes the connection and never says a word: the worst a network can do."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        ask_hub_at(f"http://127.0.0.1:{server.getsockname()[1]}", monkeypatch)
        yield


@pytest.fixture
def loopback_hub(empty_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        ask_hub_at(f"http://127.0.0.1:{server.server_address[1]}", monkeypatch)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield
        server.shutdown()


def put_in_cache(cache: Path, file: HubFile, content: bytes) -> Path:
    """Lay a file down as the hub client does: refs/main names the snapshot."""
    repository = cache / f"models--{file.repository.replace('/', '--')}"
    snapshot = repository / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("abc")
    (snapshot / file.names[0]).write_bytes(content)
    return snapshot / file.names[0]


def test_hub_locations_prefer_the_safe_format() -> None:
    assert hub_file("a/b/").names == ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")
    assert hub_file("a/b/w.pt") == HubFile("a/b", ("w.safetensors", "w.pt"))


@pytest.mark.usefixtures("silent_hub")
def test_weights_out_of_reach_fail_fast_and_say_what_to_do() -> None:
    # Importing it is slow, and not what is timed here.
    import open_clip  # noqa: F401

    start = time.monotonic()
    with pytest.raises(ModelError, match=r"conse.*needs no download"):
        load_encoder(DEFAULT_CLIP, device="cpu")
    assert time.monotonic() - start < 15


@pytest.mark.usefixtures("silent_hub")
@pytest.mark.slow
def test_auto_is_conse_when_the_hub_is_silent_and_says_what_that_means() -> None:
    start = time.monotonic()
    spec, line = choose_encoder()
    assert time.monotonic() - start < 10
    assert spec == "conse"
    assert "floor" in line
    assert "\n" not in line


@pytest.mark.usefixtures("loopback_hub")
def test_auto_is_open_clip_when_the_hub_answers_and_names_the_download() -> None:
    spec, line = choose_encoder()
    assert spec == DEFAULT_CLIP
    assert "605 MB" in line


@pytest.mark.usefixtures("silent_hub")
def test_auto_is_open_clip_when_its_weights_are_cached(empty_cache: Path) -> None:
    path = put_in_cache(empty_cache, DEFAULT_WEIGHTS, b"weights")
    spec, line = choose_encoder()
    assert (spec, cached(DEFAULT_WEIGHTS)) == (DEFAULT_CLIP, path)
    assert "download" not in line
    assert fetch(DEFAULT_WEIGHTS) == path


@pytest.mark.usefixtures("loopback_hub")
def test_a_hub_that_answers_but_lacks_the_file_does_not_count() -> None:
    assert reachable(HubFile("laion/x", ("a.safetensors",)))
    assert not reachable(HubFile("nobody/x", ("a.safetensors", "a.bin")))


@pytest.mark.usefixtures("loopback_hub")
def test_the_offline_switch_of_the_hub_client_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert not reachable(DEFAULT_WEIGHTS)


def test_the_default_weights_are_where_open_clip_says() -> None:
    from grounder.encoders.clip_model import tag_settings
    from grounder.encoders.clip_spec import parse_clip_spec

    spec = parse_clip_spec(DEFAULT_CLIP)
    assert spec.tag is not None
    assert hub_file(tag_settings(spec.model, spec.tag)["hf_hub"]) == DEFAULT_WEIGHTS
