"""Models in actors of a real Ray cluster: what they say here, they say there, whatever dies on the way."""

import json
import os
import signal
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from grounder.errors import (
    BackendError,
    EngineError,
    ModelError,
    RequestRefused,
    SpecError,
    WhenwhatError,
)
from grounder.prompt import grounding_messages
from grounder.span import Span
from grounder.video import Frames
from grounder.vlm import VLM, Completion, Message, Prompt, Sampling, Text, load_vlm
from scenetg.asking.limits import Limits
from scenetg.build import build
from scenetg.engine import Engine, vlm_loader
from scenetg.line.models import AUTO, open_models
from scenetg.line.order import Order
from scenetg.line.sources import find_files
from scenetg.line.splits import NAMES
from scenetg.overrides import read_settings
from tests.conftest import ROOT
from tests.scenetg.line.films import silent
from tests.scenetg.line.inline import InlineEngine
from tests.scenetg.queries.stage import ColourEncoder
from tests.video_factory import colour_video

pytestmark = [
    pytest.mark.ray,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # Ray warns of its own settings
    pytest.mark.usefixtures("engine"),
]
pytest.importorskip("ray", reason="needs the extra ray")
from scenetg.engine import ray_models  # noqa: E402 # after the skip
from scenetg.engine.ray_models import Copy, RayVlm  # noqa: E402

ASKED: Prompt = (Message("user", (Text("a red wall"),)),)
SAMPLING = Sampling(max_tokens=8, temperature=1.0, seed=3)
NANO = f"hf:{ROOT}/training/nano/grounder#nano"
RULES = {
    "Describe what happens": "A wall in plain red fills the picture.",
    "Write the query": json.dumps({"query": "a red wall is shown", "rating": 5}),
    "Each numbered line": json.dumps({"fits": [1]}),
    "Do these frames show": json.dumps({"seen": "yes"}),
}


def test_a_model_says_in_actors_what_it_says_here(tiny_vlm: Callable[[str], Path]) -> None:
    here = load_vlm(f"hf:{tiny_vlm('qwen3_vl')}")
    there = RayVlm(here.name)
    pictures = np.random.default_rng(0).integers(0, 255, (4, 56, 56, 3), np.uint8)
    frames = Frames(pictures, np.arange(4.0))
    prompts = [grounding_messages(here.adapter, frames, query, within=Span(0, 4)) for query in "ab"]
    assert there.adapter == here.adapter
    assert there.generate(prompts, SAMPLING) == here.generate(prompts, SAMPLING)
    assert there.stamps(prompts[0]) == here.stamps(prompts[0])
    assert there.brightness(prompts[0]) == here.brightness(prompts[0])


def test_rows_are_those_of_a_model_in_this_process(engine: Engine, tmp_path: Path) -> None:
    videos, rules = tmp_path / "videos", tmp_path / "rules.jsonl"
    videos.mkdir()
    for name, seconds in {"a": 4.0, "b": 6.0, "c": 8.0}.items():
        scenes = [("red", seconds), ("blue", 12.0)]
        colour_video(videos / f"{name}.mp4", scenes, size=(64, 48), rate=8)
    rules.write_text(
        "".join(json.dumps({"when": when, "reply": RULES[when]}) + "\n" for when in RULES)
    )
    make = partial(made, videos, f"scripted:{rules}", NANO)
    here = make(tmp_path / "here", InlineEngine(), vlm_loader("local"), Limits())
    there = make(tmp_path / "there", engine, vlm_loader("ray", actors=1), Limits())
    assert sum(there[f"{split}.jsonl"].count(b"a red wall") for split in NAMES) == 3
    assert here == there


def test_what_a_random_model_writes_is_rejected_alike(
    engine: Engine, tiny_vlm: Callable[[str], Path], tmp_path: Path
) -> None:
    colour_video(tmp_path / "a.mp4", [(name, 4.0) for name in ("red", "blue", "lime", "red", "cyan", "blue")], size=(64, 48), rate=8)  # fmt: skip
    make = partial(made, tmp_path / "a.mp4", f"hf:{tiny_vlm('qwen2_5_vl')}", AUTO)
    here = make(tmp_path / "here", InlineEngine(), vlm_loader("local"), Limits(2))
    there = make(tmp_path / "there", engine, vlm_loader("ray", actors=2), Limits(2, copies=2))
    assert b'"stage": "describe"' in here["rejected.jsonl"]
    assert here == there


def made(
    videos: Path, vlm: str, grounder: str, out: Path, engine: Engine, load: Callable[[str], VLM], limits: Limits
) -> dict[str, bytes]:  # fmt: skip
    encoder = ColourEncoder()
    changes = ("probe.shortest=10", "duplicates.most=1.1", "describe.max_tokens=8", "roundtrip.rollouts=2", "roundtrip.least_iou=0", "questions.share=0", "scenes.share=0.9", "scenes.longest=8")  # fmt: skip
    with open_models(vlm, grounder, encoder, out, limits, load) as (asker, finder):
        files, settings = find_files([videos]), read_settings(changes=changes)
        order = Order(files, settings, encoder, ColourEncoder, engine, asker, finder)
        build(out, order, show=silent)
    return {path.name: path.read_bytes() for path in out.glob("*.jsonl")}


def test_a_killed_actor_is_replaced_and_asked_again(notes: Path) -> None:
    model = RayVlm(f"{notes}:1")
    assert said(model) == "alive"
    assert len(notes.read_text().splitlines()) == 2


def test_a_call_that_kills_each_actor_ends_and_says_what_to_do(notes: Path) -> None:
    model = RayVlm(f"{notes}:99")
    with pytest.raises(BackendError, match=r"3 processes .* each one died .*--concurrency"):
        said(model)
    assert len(notes.read_text().splitlines()) == 3


def test_as_many_calls_are_on_the_way_as_there_are_actors(notes: Path) -> None:
    model = RayVlm(f"{notes}:0", actors=2)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(said, [model] * 4)) == ["alive"] * 4
    spans = [(float(a), float(b)) for _, a, b in map(str.split, notes.read_text().splitlines())]
    overlaps = [sum(a < start < b for a, b in spans) for start, _ in spans]
    assert max(overlaps) == 1
    assert len({line.split()[0] for line in notes.read_text().splitlines()}) == 2


def said(model: VLM) -> str:
    return model.generate([ASKED], SAMPLING)[0].text


class Frail(Copy):
    """Its spec is FILE:N: a line of FILE for each call; the first N calls kill its process."""

    def adapter(self):  # type: ignore[no-untyped-def] # as in the parent
        return load_vlm("scripted").adapter

    def generate(
        self, prompts: Sequence[Prompt], sampling: Sampling
    ) -> list[Completion] | WhenwhatError:
        path, _, deaths = self._spec.rpartition(":")
        began = time.time()
        lines = Path(path).read_text().splitlines()
        if len(lines) < int(deaths):
            note(path, "died")
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.5)
        note(path, f"{os.getpid()} {began} {time.time()}")
        return [Completion("alive", 0, 0, 0, 0, True) for _ in prompts]


def note(path: str, line: str) -> None:
    with Path(path).open("a") as file:
        file.write(line + "\n")


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(ray_models, "Copy", Frail)
    path = tmp_path / "notes"
    path.touch()
    return path


@pytest.mark.parametrize(
    ("spec", "error", "told"),
    [
        ("hf:/no/where", ModelError, "there is no folder /no/where"),
        ("telepathy:x", SpecError, "names no model"),
    ],
)
def test_what_cannot_be_loaded_is_told_as_it_is_here(
    spec: str, error: type[WhenwhatError], told: str
) -> None:
    with pytest.raises(error, match=told):
        RayVlm(spec)


class Refusing(Copy):
    def generate(
        self, prompts: Sequence[Prompt], sampling: Sampling
    ) -> list[Completion] | WhenwhatError:
        def refuse(vlm: VLM) -> list[Completion]:
            raise RequestRefused("Too many pictures.")

        return self._told(refuse)


def test_an_error_of_the_model_keeps_its_class(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_models, "Copy", Refusing)
    with pytest.raises(RequestRefused, match=r"^Too many pictures\.$"):
        said(RayVlm("scripted"))


class Homeless(Copy):
    def __init__(self, spec: str) -> None:
        raise ModuleNotFoundError("No module named 'scenetg'")


def test_a_process_that_cannot_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_models, "Copy", Homeless)
    with pytest.raises(EngineError, match="Every node needs whenwhat"):
        RayVlm("scripted")


def test_a_cluster_without_room_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_models, "_PATIENCE", 1.0)
    with pytest.raises(EngineError, match=r"has room for \d of 9 copies .*--vlm-workers"):
        RayVlm("scripted", actors=9)
