"""Several videos in one stage: their requests overlap, and nothing that is written depends on it."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from grounder.encoders.encoder import UnitVectors
from grounder.errors import BackendError, CapReached
from grounder.ground.vlm import VlmGrounder
from grounder.vlm import load_vlm
from grounder.vlm.scripted import prompt_text
from scenetg.asking.ledger import Caps
from scenetg.asking.limits import Limits, open_asker
from scenetg.build import build
from scenetg.line.order import Order
from scenetg.line.shared import SharedEncoder
from scenetg.line.sources import find_files
from scenetg.overrides import read_settings
from tests.scenetg.line.asking import CHANGES
from tests.scenetg.line.films import silent
from tests.scenetg.line.inline import InlineEngine
from tests.scenetg.line.seeing_server import SeeingServer, Served, seeing_server
from tests.scenetg.queries.stage import ColourEncoder
from tests.video_factory import colour_video

FILMS = (
    ("red", "lime", "blue", "red", "lime"),
    ("yellow", "magenta", "cyan", "yellow", "magenta"),
    ("white", "black", "white", "black", "white"),
)
"""No two share a colour: a request tells which film it is about."""
FEWER = ("uniqueness.rivals=1", "extent.parts=2", "refusals.tries=1")
"""Requests."""


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("videos")
    for number, colours in enumerate(FILMS):
        scenes = [(colour, 4.0) for colour in colours]
        colour_video(folder / f"{number}.mp4", scenes, size=(64, 48), rate=8)
    return folder


@dataclass(frozen=True)
class Clean:
    """What comes of the films one by one, without interruption."""

    files: dict[str, bytes]
    requests: int


@pytest.fixture(scope="module")
def clean(videos: Path, tmp_path_factory: pytest.TempPathFactory) -> Clean:
    with seeing_server() as server:
        files = made(videos, tmp_path_factory.mktemp("out"), server, Limits(concurrency=1))
    assert all(files[name] for name in ("train.jsonl", "candidates.jsonl", "manifest.json"))
    return Clean(files, len(server.served))


def made(
    videos: Path, out: Path, server: SeeingServer, limits: Limits, *changes: str
) -> dict[str, bytes]:
    vlm = load_vlm(f"openai:seer@{server.url}")
    asker = open_asker(vlm, out, limits)
    encoder = ColourEncoder()
    order = Order(
        find_files([videos]),
        read_settings(changes=(*CHANGES, *FEWER, *changes)),
        encoder,
        ColourEncoder,
        InlineEngine(),
        asker,
        VlmGrounder(vlm),
    )
    try:
        build(out, order, show=silent)
    finally:
        asker.close()
    written = {*out.glob("*.json"), *out.glob("*.jsonl")} - {out / "throughput.json"}
    return {path.name: path.read_bytes() for path in written}


def films(served: Sequence[Served]) -> set[int]:
    """Which films requests with pictures are about."""
    seen = {colour for one in served for colour in one.colours}
    return {number for number, colours in enumerate(FILMS) if seen & set(colours)}


def at_once_with(one: Served, served: Sequence[Served]) -> list[Served]:
    """Return what was on its way when a request came."""
    return [other for other in served if other.began <= one.began < other.ended]


def test_requests_of_several_videos_are_on_the_way_at_once_and_change_no_byte(
    videos: Path, clean: Clean, tmp_path: Path
) -> None:
    with seeing_server(0.05) as server:
        assert made(videos, tmp_path, server, Limits(concurrency=4)) == clean.files
    assert len(server.served) == clean.requests
    for words in ("Describe what happens", "Do these frames show"):
        asked = [one for one in server.served if words in prompt_text(one.prompt)]
        assert max(len(films(at_once_with(one, asked))) for one in asked) >= 2
    assert max(len(at_once_with(one, server.served)) for one in server.served) <= 4


@pytest.mark.parametrize("answers", [5, 40])
def test_a_server_that_fails_while_several_videos_are_asked_about_loses_nothing(
    videos: Path, clean: Clean, tmp_path: Path, answers: int
) -> None:
    with seeing_server(0.01, most=answers) as server, pytest.raises(BackendError, match="kept"):
        made(videos, tmp_path, server, Limits(concurrency=4))
    with seeing_server() as heir:
        assert made(videos, tmp_path, heir, Limits(concurrency=4)) == clean.files
    assert len(server.served) == answers
    assert answers + len(heir.served) == clean.requests


def test_a_cap_ends_the_run_of_all_videos_and_a_higher_one_goes_on(
    videos: Path, clean: Clean, tmp_path: Path
) -> None:
    with seeing_server(0.01) as server:
        with pytest.raises(CapReached, match="--max-requests 30"):
            made(videos, tmp_path, server, Limits(concurrency=4, caps=Caps(requests=30)))
        assert len(server.served) == 30
        assert made(videos, tmp_path, server, Limits(concurrency=4)) == clean.files
    assert len(server.served) == clean.requests


def test_another_threshold_changes_rows_and_asks_nothing_that_was_answered(
    videos: Path, clean: Clean, tmp_path: Path
) -> None:
    with seeing_server() as server:
        made(videos, tmp_path, server, Limits(concurrency=4))
        server.served.clear()
        stricter = made(videos, tmp_path, server, Limits(concurrency=4), "phrase.least_words=9")
        assert not stricter["train.jsonl"]
        assert server.served == []
        assert made(videos, tmp_path, server, Limits(concurrency=4)) == clean.files
        assert server.served == []


class Delicate(ColourEncoder):
    """Breaks where two threads use it at once."""

    def __init__(self) -> None:
        self.busy = threading.Lock()

    def encode_texts(self, texts: Sequence[str]) -> UnitVectors:
        assert self.busy.acquire(blocking=False)
        time.sleep(0.02)
        self.busy.release()
        return super().encode_texts(texts)


def test_an_encoder_that_several_threads_use_is_used_by_one_at_a_time() -> None:
    shared = SharedEncoder(Delicate())
    with ThreadPoolExecutor(4) as pool:
        vectors = list(pool.map(shared.encode_texts, [["a red wall"]] * 8))
    assert all((one == vectors[0]).all() for one in vectors)
    assert (shared.name, shared.dim, shared.image_side) == ("colours", 8, 16)
